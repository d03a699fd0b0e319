package io.github.clnorm.tools.errors;

import io.github.clnorm.Backend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes the error of a set larger, step by step: each generation changes values or their order in many copies of the
 * best sets and keeps those that became worse. Then other shapes are tried. Depends on the seed and the start alone.
 */
final class HillClimb {

    private static final int MOST_SETS = 64;
    private static final int LEAST_SETS = 16;
    private static final int BATCH_ELEMENTS = 1 << 17;
    private static final int ELITE = 4;
    /** Larger sets are not climbed from: their values would fill files. */
    static final int LARGEST_SET = 1 << 12;
    /** Generations for another shape, as a part of all. */
    private static final int SHAPE_SHARE = 8;

    private final Backend backend;
    private final SplittableRandom random;

    HillClimb(Backend backend, long seed) {
        this.backend = backend;
        this.random = new SplittableRandom(seed);
    }

    /** The worst set after these generations of values, for the given shape and for its neighbours. */
    Found run(Found start, int generations) {
        Found best = values(start, generations / 2);
        for (Scenario other : neighbours(best.scenario())) {
            Found there = values(moved(best, other), generations / SHAPE_SHARE);
            best = there.error().score() > best.error().score() ? there : best;
        }
        return values(best, generations / 2);
    }

    /** The same values in another shape, step by step, and repeated if there are too few. */
    private static Found moved(Found from, Scenario to) {
        float[] values = new float[to.setSize()];
        int steps = (from.values().length + from.scenario().step() - 1)
                / from.scenario().step();
        for (int i = 0; i < values.length; i++) {
            int place = i / to.step() % steps * from.scenario().step()
                    + i % to.step() % from.scenario().step();
            values[i] = from.values()[place % from.values().length];
        }
        return new Found(new SetError(0, 0, 0, false), to, from.origin(), values);
    }

    private List<Scenario> neighbours(Scenario scenario) {
        List<Scenario> others = new ArrayList<>();
        int size = scenario.setSize();
        int axis = growing(scenario);
        for (double factor : new double[] {0.5, 2, 1.01, 0.97}) {
            long[] shape = scenario.shape().clone();
            long length = Math.max(1, Math.round(shape[axis] * factor));
            if (length != shape[axis] && size * factor <= LARGEST_SET && length * size / shape[axis] >= 2) {
                shape[axis] = length;
                others.add(scenario.withShape(shape));
            }
        }
        return others;
    }

    /** The first axis along which sets become larger, after that of the batch. */
    private static int growing(Scenario scenario) {
        for (int axis = 1; axis < scenario.shape().length; axis++) {
            long[] shape = scenario.shape().clone();
            shape[axis] *= 2;
            if (axis != scenario.channelAxis() && scenario.withShape(shape).setSize() > scenario.setSize()) {
                return axis;
            }
        }
        return scenario.shape().length - 1;
    }

    private Found values(Found start, int generations) {
        Scenario scenario = scenario(start.scenario());
        int sets = scenario.sets();
        int size = scenario.setSize();
        try (Evaluation evaluation = new Evaluation(backend, scenario)) {
            List<Found> elite = new ArrayList<>(List.of(rated(evaluation, start, scenario, sets)));
            for (int generation = 0; generation < generations; generation++) {
                float[] all = new float[sets * size];
                for (int set = 0; set < sets; set++) {
                    float[] child =
                            elite.get(random.nextInt(elite.size())).values().clone();
                    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                        change(child, scenario.step());
                    }
                    System.arraycopy(child, 0, all, set * size, size);
                }
                SetError[] errors = evaluation.errors(all);
                double least = elite.get(elite.size() - 1).error().score();
                for (int set = 0; set < sets; set++) {
                    if (errors[set].score() > least || elite.size() < ELITE) {
                        float[] values = Arrays.copyOfRange(all, set * size, (set + 1) * size);
                        elite.add(new Found(errors[set], scenario, start.origin(), values));
                    }
                }
                elite.sort(Comparator.comparingDouble(found -> -found.error().score()));
                elite = new ArrayList<>(elite.subList(0, Math.min(ELITE, elite.size())));
            }
            return elite.get(0);
        }
    }

    /** Parameters of all sets alike, so that an error does not depend on the place of a set. */
    private static Scenario scenario(Scenario of) {
        return new Scenario(
                        of.operation(),
                        of.layout(),
                        of.groups(),
                        of.eps(),
                        of.activation(),
                        of.residual(),
                        of.gamma(),
                        of.beta(),
                        0,
                        of.shape())
                .withSets(Math.max(LEAST_SETS, Math.min(MOST_SETS, BATCH_ELEMENTS / of.setSize())));
    }

    private static Found rated(Evaluation evaluation, Found found, Scenario scenario, int sets) {
        SetError error = evaluation.errors(found.input(sets))[0];
        return new Found(error, scenario, found.origin(), found.values());
    }

    private void change(float[] set, int step) {
        int at = random.nextInt(set.length);
        int other = random.nextInt(set.length);
        Reach reach = Reach.values()[random.nextInt(Reach.values().length)];
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> assign(set, at, step, reach, nudged(set[at]));
            case 3 -> assign(set, at, step, reach, set[other]);
            case 4 -> assign(set, at, step, reach, (float) (set[at] * (1 + 0.1 * Distribution.gaussian(random))));
            case 5 -> assign(set, at, step, reach, -set[at]);
            case 6 -> {
                float value = set[at];
                assign(set, at, step, reach, set[other]);
                assign(set, other, step, reach, value);
            }
            case 7 -> reverse(set, at, Math.min(set.length, at + (1 + random.nextInt(8)) * step));
            case 8 -> shiftAll(set);
            default -> set[at] = outlier(set);
        }
    }

    /** Some of the next floats, up to 2^18 away. */
    private float nudged(float value) {
        int distance = 1 + random.nextInt(1 << random.nextInt(19));
        float result = Float.intBitsToFloat(Float.floatToRawIntBits(value) + Distribution.sign(random) * distance);
        return Float.isFinite(result) ? result : value;
    }

    private static void reverse(float[] set, int from, int to) {
        for (int i = from, j = to - 1; i < j; i++, j--) {
            float value = set[i];
            set[i] = set[j];
            set[j] = value;
        }
    }

    private void shiftAll(float... set) {
        double shift = deviation(set) * Distribution.gaussian(random) * StrictMath.pow(10, -6 * random.nextDouble());
        for (int i = 0; i < set.length; i++) {
            set[i] = (float) (set[i] + shift);
        }
    }

    private float outlier(float... set) {
        double distance = Math.sqrt(set.length) * random.nextDouble() * Distribution.sign(random);
        return (float) (mean(set) + deviation(set) * distance);
    }

    private static double mean(float... set) {
        double mean = 0;
        for (float value : set) {
            mean += (double) value / set.length;
        }
        return mean;
    }

    private static double deviation(float... set) {
        double mean = mean(set);
        double squares = 0;
        for (float value : set) {
            squares += (value - mean) * (value - mean) / set.length;
        }
        return Math.sqrt(squares);
    }

    /** The elements that a change assigns a value to. */
    private enum Reach {
        ELEMENT,
        /** All that are added in the same step. */
        STEP,
        /** All of the same value. */
        EQUAL
    }

    private static void assign(float[] set, int at, int step, Reach reach, float value) {
        float old = set[at];
        int from = reach == Reach.STEP ? at / step * step : reach == Reach.EQUAL ? 0 : at;
        int to = reach == Reach.STEP ? from + step : reach == Reach.EQUAL ? set.length : at + 1;
        for (int i = from; i < Math.min(to, set.length); i++) {
            if (reach != Reach.EQUAL || set[i] == old) {
                set[i] = value;
            }
        }
    }
}
