package io.github.clnorm.tools.measure;

import static io.github.clnorm.NormSpec.Kind.BATCH_NORM;
import static io.github.clnorm.NormSpec.Kind.INSTANCE_NORM;
import static io.github.clnorm.NormSpec.Kind.LAYER_NORM;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Workloads that belong together: the normalizations of a well-known network, or of an operation. */
public enum Suite {
    /** A representative selection that takes a minute. */
    QUICK(
            "the most telling of all others",
            List.of(
                    Workload.groupNorm(32, 2, 320, 64, 64),
                    Workload.groupNorm(32, 2, 1280, 8, 8),
                    Workload.groupNorm(32, 8, 64, 112, 112),
                    Workload.groupNorm(32, 8, 2048, 7, 7),
                    Workload.groupNorm(32, 2, 256, 200, 336),
                    Workload.groupNorm(1, 1, 64, 512, 512),
                    Workload.of(LAYER_NORM, 4096, 768),
                    Workload.of(INSTANCE_NORM, 1, 64, 256, 256),
                    Workload.of(BATCH_NORM, 32, 64, 56, 56))),
    /** Stable Diffusion with images of 512 x 512. */
    SD_UNET(
            "Stable Diffusion's UNet and VAE",
            groups(
                    new long[] {2, 320, 64, 64},
                    new long[] {2, 640, 32, 32},
                    new long[] {2, 1280, 16, 16},
                    new long[] {2, 1280, 8, 8},
                    new long[] {2, 960, 64, 64},
                    new long[] {2, 1920, 32, 32},
                    new long[] {2, 2560, 16, 16},
                    new long[] {2, 2560, 8, 8},
                    new long[] {1, 512, 64, 64},
                    new long[] {1, 256, 256, 256},
                    new long[] {1, 128, 512, 512})),
    /** ResNet-50 with GroupNorm, as the paper trains it on ImageNet. */
    RESNET50_GN(
            "the paper's classifier, batch 8",
            groups(
                    new long[] {8, 64, 112, 112},
                    new long[] {8, 64, 56, 56},
                    new long[] {8, 256, 56, 56},
                    new long[] {8, 128, 28, 28},
                    new long[] {8, 512, 28, 28},
                    new long[] {8, 256, 14, 14},
                    new long[] {8, 1024, 14, 14},
                    new long[] {8, 512, 7, 7},
                    new long[] {8, 2048, 7, 7})),
    /** Mask R-CNN's feature pyramid with GroupNorm, as the paper trains it on COCO. */
    MASK_RCNN_GN(
            "the paper's detector, batch 2",
            groups(
                    new long[] {2, 256, 200, 336},
                    new long[] {2, 256, 100, 168},
                    new long[] {2, 256, 50, 84},
                    new long[] {2, 256, 25, 42},
                    new long[] {2, 256, 13, 21})),
    /** Rows of transformers: BERT's sizes and wider ones. */
    LAYER_NORM_ROWS(
            "layer-norm",
            "transformers' rows",
            List.of(
                    Workload.of(LAYER_NORM, 4096, 768),
                    Workload.of(LAYER_NORM, 8192, 1024),
                    Workload.of(LAYER_NORM, 2048, 4096),
                    Workload.of(LAYER_NORM, 512, 12288))),
    /** Style transfer. */
    INSTANCE_NORM_STYLE(
            "instance-norm",
            "style transfer",
            List.of(
                    Workload.of(INSTANCE_NORM, 1, 32, 512, 512),
                    Workload.of(INSTANCE_NORM, 1, 64, 256, 256),
                    Workload.of(INSTANCE_NORM, 1, 128, 128, 128))),
    /** The original ResNet-50, batch 32. */
    BATCH_NORM_RESNET(
            "batch-norm",
            "a classifier, batch 32",
            List.of(Workload.of(BATCH_NORM, 32, 64, 56, 56), Workload.of(BATCH_NORM, 32, 256, 14, 14))),
    /** One set, tiny sets, odd sizes. */
    AWKWARD(
            "one set, tiny sets, odd sizes",
            List.of(
                    Workload.groupNorm(1, 1, 64, 512, 512),
                    Workload.groupNorm(2, 2, 30, 1, 1),
                    Workload.groupNorm(5, 5, 80, 2, 1, 5),
                    Workload.groupNorm(7, 1, 7, 3, 4),
                    Workload.groupNorm(1, 150, 6))),
    /** What networks of diffusion models compute in one pass. {@code DiffusionWorkloads} has the sources. */
    DIFFUSION("passes of SDXL's and ADM's UNets and of DiT-XL/2", DiffusionWorkloads.ALL),
    /** What language models and ConvNeXt compute in one pass. {@code TransformerWorkloads} has the sources. */
    TRANSFORMER("passes of Llama-3-8B, Gemma-2-9B and ConvNeXt-B", TransformerWorkloads.ALL);

    private static final String ALL = "all";

    private final String word;
    private final String about;
    private final List<Workload> workloads;

    Suite(String about, List<Workload> workloads) {
        this(null, about, workloads);
    }

    Suite(String word, String about, List<Workload> workloads) {
        this.word = word != null ? word : name().toLowerCase(Locale.ROOT).replace('_', '-');
        this.about = about;
        this.workloads = workloads;
    }

    private static List<Workload> groups(long[]... shapes) {
        return Arrays.stream(shapes).map(shape -> Workload.groupNorm(32, shape)).toList();
    }

    /**
     * The suite of this name.
     *
     * @param name such as {@code sd-unet}
     * @return the suite
     * @throws IllegalArgumentException if there is none; the message lists the names
     */
    public static Suite parse(String name) {
        return Arrays.stream(values())
                .filter(suite -> suite.word.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown suite '" + name + "': expected "
                        + Arrays.stream(values()).map(Suite::toString).collect(Collectors.joining(", ")) + ", all"));
    }

    /**
     * The workloads of several suites.
     *
     * @param names of suites; {@code all} stands for all but the quick one
     * @return float32, channels first
     * @throws IllegalArgumentException if there is no such suite; the message lists the names
     */
    public static List<Workload> workloads(List<String> names) {
        return names.stream()
                .flatMap(name ->
                        name.equals(ALL) ? EnumSet.complementOf(EnumSet.of(QUICK)).stream() : Stream.of(parse(name)))
                .flatMap(suite -> suite.workloads.stream())
                .toList();
    }

    /**
     * The source of its shapes.
     *
     * @return a few words
     */
    public String about() {
        return about;
    }

    /**
     * Whether its workloads are layers with weight and bias, and nothing else. Surveys and predictions have these suites
     * alone, because PyTorch's layers compute no more.
     *
     * @return false for the suites of passes of whole networks
     */
    public boolean plain() {
        return workloads.stream().allMatch(Workload::plain);
    }

    /**
     * Its workloads: float32, channels first.
     *
     * @return the workloads
     */
    public List<Workload> workloads() {
        return workloads;
    }

    /** Its name on the command line. */
    @Override
    public String toString() {
        return word;
    }
}
