package io.github.clnorm.tools.plans;

import io.github.clnorm.internal.model.Capacity;
import io.github.clnorm.internal.model.CataloguedGpu;
import io.github.clnorm.internal.model.LaunchEstimate;
import io.github.clnorm.internal.model.Prediction;
import io.github.clnorm.internal.plan.Choice;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import java.util.Locale;

/**
 * One pass on one GPU.
 *
 * @param gpu the device
 * @param workload the tensor
 * @param direction forward or backward
 * @param choice the chosen plan
 * @param prediction what the model says of it
 * @param launchesBefore launches of the plan that version 0.2.0 chose
 */
record ExpectedPlan(
        CataloguedGpu gpu,
        Workload workload,
        Direction direction,
        Choice choice,
        Prediction prediction,
        int launchesBefore) {

    /** What costs most beside the copy. */
    enum Loss {
        /** A second read, or a third, comes from memory. */
        MEMORY('m', "data is read again from memory"),
        /** Data that is read again comes from a cache. */
        CACHE('c', "data is read again from the cache"),
        /** Several launches instead of one. */
        LAUNCHES('l', "time between launches"),
        /** Launches that merge sums. */
        MERGES('g', "merges, whose order is fixed"),
        /** Instructions. */
        INSTRUCTIONS('i', "instructions"),
        /** Steps of a work-group. */
        STEPS('s', "steps of a work-group, one after another"),
        /** Too little in flight, or on too few units. */
        IDLE('f', "too few bytes in flight, or too few units in use"),
        /** None of these: memory itself. */
        NONE('-', "nothing beyond the copy");

        private final char letter;
        private final String text;

        Loss(char letter, String text) {
            this.letter = letter;
            this.text = text;
        }

        char letter() {
            return letter;
        }

        String text() {
            return text;
        }
    }

    /** Reads and writes of the tensor that a pass needs. */
    int leastTransits() {
        return direction == Direction.FORWARD ? 2 : 3;
    }

    /** What costs most beside the copy. */
    Loss loss() {
        Capacity.Rates rates = gpu.capacity().memory();
        double merges = prediction.launches().stream()
                .filter(ExpectedPlan::merges)
                .mapToDouble(LaunchEstimate::micros)
                .sum();
        double[] lost = new double[Loss.values().length];
        lost[Loss.MEMORY.ordinal()] =
                (prediction.transits() - leastTransits()) * prediction.tensorBytes() / rates.rate();
        lost[Loss.CACHE.ordinal()] = prediction.cacheTransits() * prediction.tensorBytes() / rates.cacheRate();
        lost[Loss.LAUNCHES.ordinal()] =
                (prediction.launches().size() - 1) * gpu.capacity().launchMicros();
        lost[Loss.MERGES.ordinal()] = merges;
        double known = 0;
        for (double loss : lost) {
            known += loss;
        }
        LaunchEstimate longest = prediction.longest();
        Loss other =
                switch (longest.limit()) {
                    case MEMORY -> Loss.NONE;
                    case INSTRUCTIONS -> Loss.INSTRUCTIONS;
                    case CHAIN -> merges(longest) ? Loss.MERGES : Loss.STEPS;
                    case IN_FLIGHT, UNIT -> Loss.IDLE;
                };
        lost[other.ordinal()] += Math.max(0, prediction.micros() - prediction.copyMicros() - known);
        // What overlaps imperfectly with memory has no name of its own.
        lost[Loss.NONE.ordinal()] = 0;
        Loss largest = Loss.NONE;
        for (Loss loss : Loss.values()) {
            largest = lost[loss.ordinal()] > lost[largest.ordinal()] ? loss : largest;
        }
        return largest;
    }

    private static boolean merges(LaunchEstimate launch) {
        return launch.launch().traffic().written() == 0
                && launch.launch().traffic().read() == 0;
    }

    /** The row of the table. */
    String line() {
        return String.join(
                ";",
                gpu.key(),
                direction.toString(),
                workload.toString(),
                choice.plan().toString(),
                Integer.toString(prediction.launches().size()),
                Integer.toString(launchesBefore),
                fixed(prediction.transits(), 1),
                fixed(prediction.cacheTransits(), 1),
                fixed(prediction.longest().occupancy().waves(), 2),
                fixed(prediction.micros(), 1),
                fixed(prediction.share(), 2),
                String.valueOf(loss().letter()));
    }

    static String fixed(double number, int digits) {
        return String.format(Locale.ROOT, "%." + digits + "f", number);
    }
}
