namespace ForgePrune.Ilgpu;

/// <summary>
/// What is known of one element. Two accesses are unordered if they are of one launch and either of two groups, or of two lanes of a group in one
/// interval between barriers. For a write to be judged against all earlier reads, three are enough: the last, the last by another lane in its
/// interval, and the last by an earlier group.
/// </summary>
internal struct Shadow
{
    public bool Written;
    private Access _write, _read, _otherLane, _otherGroup;

    /// <summary>Notes a read; returns the unordered write, if there is one.</summary>
    public Access? Read(GroupRun run, Access now)
    {
        if (run.AreUnordered(_write, now))
            return _write;
        if (_read.Interval == now.Interval && _read.Lane != now.Lane)
            _otherLane = _read;
        else if (!run.IsOfGroup(_read))
            _otherGroup = _read;
        _read = now;
        return null;
    }

    /// <summary>Notes a write; returns the unordered access, if there is one, and whether that one was a write.</summary>
    public (Access Earlier, bool Wrote)? Write(GroupRun run, Access now)
    {
        Written = true;
        if (run.AreUnordered(_write, now))
            return (_write, true);
        _write = now;
        if (run.AreUnordered(_read, now))
            return (_read, false);
        if (run.AreUnordered(_otherLane, now))
            return (_otherLane, false);
        return run.AreUnordered(_otherGroup, now) ? (_otherGroup, false) : null;
    }
}
