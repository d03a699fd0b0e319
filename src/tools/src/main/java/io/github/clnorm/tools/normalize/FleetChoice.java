package io.github.clnorm.tools.normalize;

import io.github.clnorm.internal.geometry.Shapes;

/** What {@code run} and {@code grad} on all devices decide before they open them. */
final class FleetChoice {

    /** Below it a second device gains less time than opening it takes. */
    static final long LEAST_BYTES = 64 << 20;

    /** Elements that are compared with float64, which takes longer than the devices. */
    static final long MOST_COMPARED = 1 << 21;

    private FleetChoice() {}

    /**
     * Why one device is used; empty if several can be.
     *
     * @param statistics whether statistics are results
     * @param leastBytes {@link #LEAST_BYTES} but for tests
     */
    static String whyOneDevice(Request request, boolean statistics, long leastBytes) {
        if (statistics) {
            return "statistics are outputs of the request";
        }
        if (request.isModulated()) {
            return "samples have a scale or a shift of their own";
        }
        if (request.parameters.hasFloat64()) {
            return "parameters need float64";
        }
        long bytes = Shapes.elements(request.shape) * request.type.bytes();
        return bytes < leastBytes ? "the input is smaller than " + (leastBytes >> 20) + " MiB" : "";
    }

    /** How many of the first samples are compared with float64. */
    static long compared(Request request, long mostChecked) {
        long some = Math.min(request.samples(), Math.min(mostChecked, MOST_COMPARED) / elementsOfSample(request));
        // A set can only be compared as a whole.
        return request.samplesStandAlone() || some == request.samples() ? some : 0;
    }

    /** Room for the elements of some samples. */
    static FirstElements first(Request request, long samples) {
        return new FirstElements(request.type, Math.toIntExact(samples * elementsOfSample(request)));
    }

    private static long elementsOfSample(Request request) {
        return Math.max(1, Shapes.elements(request.shape) / Math.max(1, request.samples()));
    }
}
