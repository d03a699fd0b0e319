package io.github.clnorm.tools.compilers;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.model.Catalogue;
import io.github.clnorm.internal.model.CataloguedGpu;
import java.util.List;
import java.util.Map;

/**
 * A GPU of the catalogue, and the targets that its plans are compiled for.
 *
 * @param device as its driver describes it
 * @param targets one or more
 */
record Gpu(DeviceInfo device, List<Target> targets) {

    // By the catalogue's names of architectures. A target without a GPU of its own takes the plans of its successor,
    // and
    // an architecture that clang 19 or the gate has no target for is compiled for its nearest relative.
    private static final Map<String, List<Target>> TARGETS = Map.of(
            "sm_90", List.of(Target.SM_90),
            "sm_89", List.of(Target.SM_80),
            "sm_75", List.of(Target.SM_75),
            "gfx942", List.of(Target.GFX942, Target.GFX90A),
            "gfx900", List.of(Target.GFX90A),
            "gfx1100", List.of(Target.GFX1100, Target.GFX1030),
            "acm-g10", List.of(Target.ACM_G10),
            "tgllp", List.of(Target.TGLLP));

    /** The GPUs of the catalogue whose makers' compilers run anywhere. */
    static final List<Gpu> ALL = Catalogue.ALL.stream()
            .filter(gpu -> !gpu.target().isEmpty())
            .map(Gpu::of)
            .toList();

    private static Gpu of(CataloguedGpu gpu) {
        List<Target> targets = TARGETS.get(gpu.target());
        if (targets == null) {
            throw new IllegalStateException(
                    gpu.key() + " has the target " + gpu.target() + ", which is not compiled for");
        }
        return new Gpu(gpu.device(), targets);
    }
}
