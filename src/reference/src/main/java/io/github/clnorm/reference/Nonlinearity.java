package io.github.clnorm.reference;

/**
 * The function that follows the normalization, in float64. The constants have the names of the library's activations.
 *
 * <p>Immutable and thread-safe.
 */
public enum Nonlinearity {
    /** v. */
    NONE {
        @Override
        public double apply(double v) {
            return v;
        }

        @Override
        public double derivative(double v) {
            return 1;
        }
    },
    /** max(v, 0). */
    RELU {
        @Override
        public double apply(double v) {
            return Double.isNaN(v) ? v : Math.max(v, 0);
        }

        @Override
        public double derivative(double v) {
            return v <= 0 ? 0 : 1;
        }
    },
    /** v / (1 + e<sup>-v</sup>). */
    SILU {
        @Override
        public double apply(double v) {
            return v / (1 + Math.exp(-v));
        }

        @Override
        public double derivative(double v) {
            double logistic = 1 / (1 + Math.exp(-v));
            return logistic * (1 + v * (1 - logistic));
        }
    },
    /** v · Φ(v), with the distribution function Φ of the standard normal distribution. */
    GELU {
        @Override
        public double apply(double v) {
            return v * NormalDistribution.below(v);
        }

        @Override
        public double derivative(double v) {
            return NormalDistribution.below(v) + v * Math.exp(-v * v / 2) / Math.sqrt(2 * Math.PI);
        }
    },
    /** v / 2 · (1 + tanh(u)) with u = √(2/π) (v + 0.044715 v³): v / (1 + e<sup>-2u</sup>), in which nothing cancels. */
    GELU_TANH {
        private static final double SLOPE = 2 * Math.sqrt(2 / Math.PI);
        private static final double CUBIC = 0.044715;

        @Override
        public double apply(double v) {
            return v / (1 + Math.exp(-SLOPE * v * (1 + CUBIC * v * v)));
        }

        @Override
        public double derivative(double v) {
            double logistic = 1 / (1 + Math.exp(-SLOPE * v * (1 + CUBIC * v * v)));
            return logistic * (1 + v * (1 - logistic) * SLOPE * (1 + 3 * CUBIC * v * v));
        }
    };

    /**
     * The function itself.
     *
     * @param v its argument
     * @return its value
     */
    public abstract double apply(double v);

    /**
     * The first derivative. That of RELU at 0 is 0, as in PyTorch.
     *
     * @param v the argument
     * @return the derivative there
     */
    public abstract double derivative(double v);
}
