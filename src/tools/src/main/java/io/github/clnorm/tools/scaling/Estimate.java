package io.github.clnorm.tools.scaling;

import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;

/** The time that something takes, and which parts take it. */
final class Estimate {

    private final Map<Bottleneck, Double> seconds = new EnumMap<>(Bottleneck.class);

    /** Adds a phase in which the parts work at the same time: it takes as long as the slowest of them. */
    Estimate together(Map<Bottleneck, Double> parts) {
        Map.Entry<Bottleneck, Double> slowest =
                parts.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
        return then(slowest.getKey(), slowest.getValue());
    }

    /** Adds a phase of one part. */
    Estimate then(Bottleneck part, double time) {
        seconds.merge(part, time, Double::sum);
        return this;
    }

    double total() {
        return seconds.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    /** The part that takes the most time. */
    Bottleneck limit() {
        return seconds.entrySet().stream()
                .max(Comparator.comparingDouble(Map.Entry::getValue))
                .orElseThrow()
                .getKey();
    }
}
