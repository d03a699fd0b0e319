package io.github.clnorm.internal.model;

import io.github.clnorm.device.DeviceInfo;
import java.util.List;

/**
 * A GPU of the catalogue: what its driver reports, and what its hardware is.
 *
 * <p>Immutable and thread-safe.
 *
 * @param key a short name, such as {@code RTX 4090}
 * @param device as its driver describes it, without a handle
 * @param reported where the description comes from
 * @param capacity its hardware
 * @param unit what a unit of its hardware is called
 * @param target the compiler's name of its architecture, such as {@code sm_90}; empty if no compiler for it is at hand
 * @param built where the facts about its hardware come from
 */
public record CataloguedGpu(
        String key, DeviceInfo device, Origin reported, Capacity capacity, String unit, String target, Origin built) {

    /**
     * Where facts come from.
     *
     * @param source pages and dumps
     * @param estimates names of facts that are estimates
     */
    public record Origin(String source, List<String> estimates) {}
}
