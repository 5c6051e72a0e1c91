namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>A lane of a group while it runs.</summary>
internal sealed class PtxLane
{
    private readonly PtxInstruction[] code;

    public PtxLane(PtxProgram program, PtxGroup group, int index)
    {
        (code, Group) = (program.Code, group);
        R = new ulong[program.Registers.Count];
        foreach (var (number, value) in program.Registers.Constants)
            R[number] = value;
        (R[program.TidX], R[program.CtaidX]) = ((ulong)index, (ulong)group.Index);
    }

    public PtxGroup Group { get; }

    /// <summary>Its registers, by number.</summary>
    public ulong[] R { get; }

    /// <summary>The instruction at which it stands; −1 behind the end.</summary>
    public int At { get; private set; }

    /// <summary>Runs to the next instruction at which it has to meet other lanes, or to the end.</summary>
    public void Run()
    {
        while (At >= 0)
        {
            var instruction = code[At];
            if (instruction.Guard >= 0 && (R[instruction.Guard] != 0) != instruction.Wanted)
            {
                At++;
                continue;
            }
            switch (instruction.Flow)
            {
                case PtxFlow.Next:
                    instruction.Do!(this);
                    At++;
                    break;
                case PtxFlow.Branch:
                    At = instruction.Target;
                    break;
                case PtxFlow.End:
                    At = -1;
                    break;
                default:
                    return;
            }
        }
    }

    /// <summary>Goes on behind the instruction at which it met the others.</summary>
    public void Pass() => At++;
}
