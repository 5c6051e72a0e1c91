namespace ForgePrune.Model;

/// <summary>The heads that an attention block keeps; (0, 0) removes the block.</summary>
/// <param name="KvHeads">The number of key/value heads (KV groups).</param>
/// <param name="QueryHeads">The number of query heads, a multiple of <paramref name="KvHeads"/>.</param>
public readonly record struct AttentionLevel(int KvHeads, int QueryHeads);
