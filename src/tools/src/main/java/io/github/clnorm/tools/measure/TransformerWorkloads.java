package io.github.clnorm.tools.measure;

import static io.github.clnorm.NormSpec.Kind.LAYER_NORM;
import static io.github.clnorm.NormSpec.Kind.RMS_NORM;

import java.util.List;

/**
 * What language models and ConvNeXt normalize. The sources of the numbers:
 *
 * <ul>
 *   <li>Llama-3-8B: meta-llama/llama3, {@code llama/model.py}: {@code dim} 4096, {@code max_seq_len} 2048 and {@code
 *       max_batch_size} 32 of {@code ModelArgs}, whose defaults are the 8B model's. RMSNorm has a weight and no bias. 2048
 *       rows are a prompt, 32 rows one token of each sequence of a batch. Before its second norm a block adds its input to
 *       the attention's result, and keeps the sum.
 *   <li>Gemma-2-9B: google/gemma_pytorch, {@code gemma/config.py}: {@code hidden_size} 3584; its RMSNorm multiplies by 1 +
 *       weight. The 2048 rows are Llama's, to be compared with them.
 *   <li>ConvNeXt-B: facebookresearch/ConvNeXt, {@code models/convnext.py}: {@code dims} [128, 256, 512, 1024], a stem of
 *       stride 4 and then strides of 2, so that an image of 224 x 224 has 56 x 56, 28 x 28, 14 x 14 and 7 x 7 places. Its
 *       blocks permute to channels last and normalize each place. The batch is 8, as in {@link Suite#RESNET50_GN}.
 * </ul>
 */
final class TransformerWorkloads {

    private static final Additions LLAMA = Additions.NONE.with(Additions.Parameters.WEIGHT_ONLY);
    private static final Additions GEMMA = LLAMA.withWeightOffset(1);
    private static final int IMAGES = 8;

    static final List<Workload> ALL = List.of(
            Workload.of(RMS_NORM, 2048, 4096).with(LLAMA),
            Workload.of(RMS_NORM, 2048, 4096).with(LLAMA.withResidual()),
            Workload.of(RMS_NORM, 32, 4096).with(LLAMA.withResidual()),
            Workload.of(RMS_NORM, 2048, 3584).with(GEMMA),
            Workload.of(RMS_NORM, 2048, 3584).with(GEMMA.withResidual()),
            places(56, 128),
            places(28, 256),
            places(14, 512),
            places(7, 1024));

    private TransformerWorkloads() {}

    private static Workload places(long side, long channels) {
        return Workload.of(LAYER_NORM, IMAGES * side * side, channels);
    }
}
