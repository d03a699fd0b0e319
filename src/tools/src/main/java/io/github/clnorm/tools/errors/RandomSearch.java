package io.github.clnorm.tools.errors;

import io.github.clnorm.Backend;
import io.github.clnorm.NormSpec;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/** Random scenarios, each with a batch of sets whose values are drawn in many ways. Depends on the seed alone. */
final class RandomSearch {

    // Those of which the documented seeds made their sets.
    private static final List<Activation> SEARCHED =
            List.of(Activation.NONE, Activation.RELU, Activation.SILU, Activation.GELU);

    private static final double[] EPS = {1e-5, 1e-5, 1e-6, 1e-3, 0, 1e-12, 1};
    private static final int BATCH_ELEMENTS = 1 << 17;
    private static final int MOST_SETS = 2048;

    private final Backend backend;
    private final long seed;
    private final Worst worst = new Worst();
    private final ErrorTable byDistribution = new ErrorTable("values");
    private final ErrorTable byOperation = new ErrorTable("operation");
    private final Map<String, Found> missing = new TreeMap<>();
    private long problems;
    private long scenarios;

    RandomSearch(Backend backend, long seed) {
        this.backend = backend;
        this.seed = seed;
    }

    /** Runs until this many sets were compared. */
    void run(long count, LongConsumer progress) {
        while (problems < count) {
            SplittableRandom random = new SplittableRandom(seed * 1_000_003 + scenarios);
            batch(random, scenario(random));
            scenarios++;
            progress.accept(problems);
        }
    }

    private void batch(SplittableRandom random, Scenario scenario) {
        int sets = scenario.sets();
        int size = scenario.setSize();
        Distribution[] distributions = new Distribution[sets];
        float[] values = new float[sets * size];
        for (int set = 0; set < sets; set++) {
            Distribution distribution = Distribution.values()[random.nextInt(Distribution.values().length)];
            distributions[set] = distribution;
            fill(random.split(), scenario, distribution, values, set * size);
        }
        try (Evaluation evaluation = new Evaluation(backend, scenario)) {
            SetError[] errors = evaluation.errors(values);
            for (int set = 0; set < sets; set++) {
                note(scenario, distributions[set], errors[set], values, set);
            }
        }
        problems += sets;
    }

    private void note(Scenario scenario, Distribution distribution, SetError error, float[] values, int set) {
        String operation = scenario.group();
        byDistribution.add(distribution.toString(), error);
        byOperation.add(operation, error);
        String kind = operation + " " + distribution;
        int size = scenario.setSize();
        boolean kept = size <= HillClimb.LARGEST_SET && worst.takes(kind, error);
        if (kept || error.isMissing()) {
            float[] copy = Arrays.copyOfRange(values, set * size, (set + 1) * size);
            Found found = new Found(error, scenario, distribution.toString(), copy);
            if (kept) {
                worst.add(kind, found);
            } else {
                missing.putIfAbsent(kind, found);
            }
        }
    }

    private static void fill(
            SplittableRandom random, Scenario scenario, Distribution distribution, float[] values, int at) {
        double[] set = new double[scenario.setSize()];
        distribution.fill(random, scenario, set);
        double scale = 1;
        double shift = 0;
        if (distribution.scales()) {
            double decades = random.nextInt(4) == 0 ? 24 : 3;
            scale = StrictMath.pow(10, decades * (2 * random.nextDouble() - 1));
            double ratio =
                    switch (random.nextInt(4)) {
                        case 0 -> StrictMath.pow(10, 5 * random.nextDouble() - 1) * Distribution.sign(random);
                        case 1 -> random.nextDouble() * 4 * Distribution.sign(random);
                        default -> 0;
                    };
            shift = ratio * deviation(set);
        }
        for (int i = 0; i < set.length; i++) {
            values[at + i] = (float) ((set[i] + shift) * scale);
        }
    }

    private static double deviation(double... set) {
        double mean = Arrays.stream(set).average().orElse(0);
        return Math.sqrt(
                Arrays.stream(set).map(v -> (v - mean) * (v - mean)).average().orElse(0));
    }

    /** A random scenario whose batch has as many sets as the search compares at once. */
    private static Scenario scenario(SplittableRandom random) {
        NormSpec.Kind operation = NormSpec.Kind.values()[random.nextInt(NormSpec.Kind.values().length)];
        Layout layout = Layout.values()[random.nextInt(2)];
        int size = size(random);
        int groups = 1;
        long[] shape = {1, size};
        if (operation.takes(NormSpec.Argument.LAYOUT)) {
            int samples = 1 + random.nextInt(Math.min(size, 64));
            int channels = 1 + random.nextInt(96);
            if (operation.takes(NormSpec.Argument.NUM_GROUPS)) {
                groups = 1 + random.nextInt(8);
                channels = groups * (1 + random.nextInt(Math.min(size, 64)));
            }
            shape = shape(layout, samples, channels, 1);
            long atOnePosition = of(operation, layout, groups, shape).setSize();
            shape = shape(layout, samples, channels, Math.max(1, size / atOnePosition));
        }
        Activation activation = random.nextInt(3) > 0 ? Activation.NONE : SEARCHED.get(random.nextInt(SEARCHED.size()));
        boolean plain = random.nextBoolean();
        Scenario scenario = new Scenario(
                operation,
                layout,
                groups,
                EPS[random.nextInt(EPS.length)],
                activation,
                random.nextInt(6) == 0,
                plain ? 1 : StrictMath.pow(10, 5 * random.nextDouble() - 2),
                plain ? 0 : StrictMath.pow(10, 4 * random.nextDouble() - 2),
                plain ? 0 : 1 + random.nextInt(1000),
                shape);
        return scenario.withSets(Math.max(1, Math.min(MOST_SETS, BATCH_ELEMENTS / scenario.setSize())));
    }

    private static Scenario of(NormSpec.Kind operation, Layout layout, int groups, long... shape) {
        return new Scenario(operation, layout, groups, 1e-5, Activation.NONE, false, 1, 0, 0, shape);
    }

    private static long[] shape(Layout layout, long samples, long channels, long positions) {
        return layout == Layout.CHANNELS_FIRST
                ? new long[] {samples, channels, positions}
                : new long[] {samples, positions, channels};
    }

    /** The elements of a set: mostly few, between 2 and 2^17. */
    private static int size(SplittableRandom random) {
        double octaves = random.nextInt(12) == 0 ? 17 * random.nextDouble() : 1 + 10 * random.nextDouble();
        return Math.max(2, (int) StrictMath.pow(2, octaves));
    }

    long problems() {
        return problems;
    }

    long scenarios() {
        return scenarios;
    }

    Worst worst() {
        return worst;
    }

    /** The first set of each kind without a result. */
    Collection<Found> missing() {
        return missing.values();
    }

    /** The largest errors by values and by operation. */
    String tables() {
        return byOperation + "\n" + byDistribution;
    }
}
