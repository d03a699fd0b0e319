package io.github.clnorm.tools.errors;

import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;

/** How the values of a set are drawn, before they are scaled and shifted. */
enum Distribution {
    NORMAL {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            Arrays.setAll(set, i -> gaussian(random));
        }
    },
    UNIFORM {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            Arrays.setAll(set, i -> random.nextDouble());
        }
    },
    /** Most values are small and few are large. */
    HEAVY_TAILS {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            double weight = 1 + 3 * random.nextDouble();
            Arrays.setAll(set, i -> StrictMath.exp(weight * gaussian(random)) * sign(random));
        }
    },
    /** Magnitudes from 1e-6 to 1e6. */
    MIXED_SCALES {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            Arrays.setAll(set, i -> StrictMath.pow(10, 12 * random.nextDouble() - 6) * sign(random));
        }
    },
    OUTLIERS {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            NORMAL.fill(random, scenario, set);
            double size = 1 + random.nextDouble() * 2 * Math.sqrt(set.length);
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                set[random.nextInt(set.length)] = size * sign(random);
            }
        }
    },
    /** The first elements, from which the kernels take a pivot, differ from the others. */
    FAR_HEAD {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            NORMAL.fill(random, scenario, set);
            double distance = 4 * random.nextDouble() * sign(random);
            int head = Math.min(set.length, scenario.acrossRows() ? 16 * scenario.step() : 64);
            for (int i = 0; i < head; i++) {
                set[i] += distance;
            }
        }
    },
    TWO_VALUES {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            double share = random.nextDouble();
            double other = random.nextBoolean() ? -1 : gaussian(random);
            Arrays.setAll(set, i -> random.nextDouble() < share ? 1 : other);
        }
    },
    ALTERNATING {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            double noise = StrictMath.pow(10, -7 * random.nextDouble());
            Arrays.setAll(set, i -> (i % 2 == 0 ? 1 : -1) + noise * gaussian(random));
        }
    },
    SORTED {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            NORMAL.fill(random, scenario, set);
            Arrays.sort(set);
            if (random.nextBoolean()) {
                for (int i = 0; i < set.length / 2; i++) {
                    double low = set[i];
                    set[i] = set[set.length - 1 - i];
                    set[set.length - 1 - i] = low;
                }
            }
        }
    },
    CONSTANT_PLUS_ONE {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            Arrays.fill(set, gaussian(random));
            set[random.nextInt(set.length)] += 1;
        }
    },
    SMALL_INTEGERS {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            int range = 2 + random.nextInt(254);
            Arrays.setAll(set, i -> random.nextInt(range));
        }
    },
    /** All values that one step adds are equal. */
    EQUAL_STEPS {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            int step = scenario.step();
            double value = 0;
            for (int i = 0; i < set.length; i++) {
                value = i % step == 0 ? gaussian(random) : value;
                set[i] = value;
            }
        }
    },
    /** Subnormal numbers, and some normal ones. */
    SUBNORMAL {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            double share = random.nextDouble();
            Arrays.setAll(set, i -> gaussian(random) * (random.nextDouble() < share ? 1e-39 : 1e-29));
        }
    },
    /** Close to the largest values for which the error is promised. */
    HUGE {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            double largest = 3e35 / Math.sqrt(set.length);
            Arrays.setAll(set, i -> gaussian(random) * largest);
        }
    },
    /** Values that the kernels' additions round in one direction: see {@link RoundedAlike}. */
    ROUNDED_ALIKE {
        @Override
        void fill(SplittableRandom random, Scenario scenario, double[] set) {
            RoundedAlike.fill(random, scenario, set);
        }
    };

    abstract void fill(SplittableRandom random, Scenario scenario, double[] set);

    /** Whether the values may be multiplied by any power of ten and shifted. */
    boolean scales() {
        return this != SUBNORMAL && this != HUGE;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The Box-Muller method: Java's generator may change with its version. */
    static double gaussian(SplittableRandom random) {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
        return radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
    }

    static int sign(SplittableRandom random) {
        return random.nextBoolean() ? 1 : -1;
    }
}
