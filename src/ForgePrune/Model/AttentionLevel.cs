namespace ForgePrune.Model;

/// <summary>How many heads an attention block keeps; (0, 0) removes the block.</summary>
public readonly record struct AttentionLevel(int KvHeads, int QueryHeads);
