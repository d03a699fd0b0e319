package io.github.clnorm.bench.peers;

import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;

/** Loops in plain Java over arrays of float32: what a user could write in an afternoon. */
final class JavaPeer implements Peer {

    private final Workers workers;

    JavaPeer(int threads) {
        workers = new Workers(threads);
    }

    @Override
    public String version() {
        return System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version");
    }

    @Override
    public Task prepare(Workload workload, Data data, Direction direction, int slots) {
        return new Prepared(norm(workload, data), data, direction, slots, slots);
    }

    @Override
    public Task chain(Workload workload, Data data, Direction direction, int slots, int calls) {
        return new Chain(new Prepared(norm(workload, data), data, direction, slots, Chained.BUFFERS), calls);
    }

    private JavaNorm norm(Workload workload, Data data) {
        StoredElements.onlyFloat32(workload.type());
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

        Prepared(JavaNorm norm, Data data, Direction direction, int slots, int outputs) {
            this.norm = norm;
            this.direction = direction;
            x = new float[slots][];
            dy = new float[slots][];
            results = new float[outputs][data.x().length];
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
            return direction == Direction.FORWARD
                    ? call(slot, x[slot], results[slot])
                    : call(slot, dy[slot], results[slot]);
        }

        /** y from x, or dx from dy and the x of a slot. */
        private float[] call(int slot, float[] input, float[] output) {
            if (direction == Direction.FORWARD) {
                norm.forward(input, output);
            } else {
                norm.backward(x[slot], input, output, dgamma, dbeta);
            }
            return output;
        }

        @Override
        public PeerResults results(int slot) {
            return new PeerResults(results[slot].clone(), dgamma.clone(), dbeta.clone());
        }

        @Override
        public void close() {}
    }

    /** Several calls, one after the other. */
    private record Chain(Prepared prepared, int calls) implements Task {

        @Override
        public Object run(int slot) {
            float[] input = prepared.direction == Direction.FORWARD ? prepared.x[0] : prepared.dy[0];
            for (int call = 0; call < calls; call++) {
                input = prepared.call((slot + call) % prepared.x.length, input, prepared.results[Chained.output(call)]);
            }
            return input;
        }

        @Override
        public PeerResults results(int slot) {
            return prepared.results(Chained.output(calls - 1));
        }

        @Override
        public void close() {
            prepared.close();
        }
    }
}
