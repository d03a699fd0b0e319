package io.github.clnorm.bench.peers;

import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;

/** Loops in plain Java over arrays, in two threads: what a user could write in an afternoon. */
final class JavaPeer implements Peer {

    private final Workers workers = new Workers();

    @Override
    public String version() {
        return System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version");
    }

    @Override
    public Task prepare(Workload workload, Data data, Direction direction, int slots) {
        return new Prepared(norm(workload, data), data, direction, slots);
    }

    private JavaNorm norm(Workload workload, Data data) {
        Shape shape = Shape.of(workload);
        boolean batch = workload.operation() == NormSpec.Kind.BATCH_NORM;
        return switch (workload.operation()) {
            case LAYER_NORM -> new JavaRows(shape, data.gamma(), data.beta(), workers);
            case GROUP_NORM, INSTANCE_NORM, BATCH_NORM -> shape.last()
                    ? new JavaChannelsLast(shape, batch, data.gamma(), data.beta(), workers)
                    : new JavaChannelsFirst(shape, batch, data.gamma(), data.beta(), workers);
            default -> throw new UnsupportedOperationException("not written");
        };
    }

    @Override
    public void close() {
        workers.close();
    }

    /** The arrays. */
    private static final class Prepared implements Task {
        private final JavaNorm norm;
        private final Direction direction;
        private final float[][] x;
        private final float[][] dy;
        private final float[][] results;
        private final float[] dgamma;
        private final float[] dbeta;

        Prepared(JavaNorm norm, Data data, Direction direction, int slots) {
            this.norm = norm;
            this.direction = direction;
            x = new float[slots][];
            dy = new float[slots][];
            results = new float[slots][data.x().length];
            dgamma = new float[data.gamma().length];
            dbeta = new float[data.gamma().length];
            for (int slot = 0; slot < slots; slot++) {
                x[slot] = data.x().clone();
                dy[slot] = direction == Direction.BACKWARD ? data.dy().clone() : null;
            }
            norm.forward(x[0], results[0]);
        }

        @Override
        public Object run(int slot) {
            if (direction == Direction.FORWARD) {
                norm.forward(x[slot], results[slot]);
            } else {
                norm.backward(x[slot], dy[slot], results[slot], dgamma, dbeta);
            }
            return results[slot];
        }

        @Override
        public PeerResults results(int slot) {
            return new PeerResults(results[slot].clone(), dgamma.clone(), dbeta.clone());
        }

        @Override
        public void close() {}
    }
}
