using ForgePrune.Gguf.Container;

namespace ForgePrune.Gguf.Layers;

/// <summary>A tensor of the file and how its bytes are written. Nothing is read before they are.</summary>
internal sealed record FileTensor(GgufTensor Tensor, Action<Stream> Write);
