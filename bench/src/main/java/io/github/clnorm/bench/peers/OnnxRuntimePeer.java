package io.github.clnorm.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.Layout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;

/**
 * ONNX Runtime: a session of one node, weight and bias are constants of the model, x and y are preallocated. It has no
 * GroupNormalization kernel for CPUs, and runs the primitive operations by which ONNX defines it.
 */
final class OnnxRuntimePeer implements Peer {

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);

    private final int threads;

    OnnxRuntimePeer(int threads) {
        this.threads = threads;
    }

    @Override
    public String version() {
        return environment.getVersion();
    }

    @Override
    public Task prepare(Workload workload, Data data, Direction direction, int slots) {
        return forward(workload, data, direction, slots, 1);
    }

    @Override
    public Task chain(Workload workload, Data data, Direction direction, int slots, int calls) {
        return forward(workload, data, direction, Chained.BUFFERS, calls);
    }

    private Task forward(Workload workload, Data data, Direction direction, int tensors, int calls) {
        StoredElements.onlyFloat32(workload.type());
        if (direction == Direction.BACKWARD) {
            throw new UnsupportedOperationException("no backward");
        }
        if (workload.layout() == Layout.CHANNELS_LAST) {
            throw new UnsupportedOperationException("no channels_last");
        }
        long[] shape = workload.shape();
        if (workload.operation().takes(NormSpec.Argument.LAYOUT) && shape.length == 2) {
            shape = new long[] {shape[0], shape[1], 1};
        }
        byte[] model = model(workload, data, shape);
        try {
            return new Forward(session(model), data.x(), shape, tensors, calls);
        } catch (OrtException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private OrtSession session(byte[] model) throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            return environment.createSession(model, options);
        }
    }

    private static byte[] model(Workload workload, Data data, long[] shape) {
        OnnxModel model =
                switch (workload.operation()) {
                    case GROUP_NORM -> new OnnxModel("GroupNormalization", shape, "y")
                            .attribute("num_groups", workload.numGroups());
                    case LAYER_NORM -> new OnnxModel("LayerNormalization", shape, "y").attribute("axis", -1);
                    case INSTANCE_NORM -> new OnnxModel("InstanceNormalization", shape, "y");
                    case BATCH_NORM -> new OnnxModel("BatchNormalization", shape, "y", "mean", "var")
                            .attribute("training_mode", 1);
                    default -> throw new UnsupportedOperationException("not tried");
                };
        model.attribute("epsilon", (float) Workload.EPS)
                .constant("gamma", data.gamma())
                .constant("beta", data.beta());
        if (workload.operation() == NormSpec.Kind.BATCH_NORM) {
            // Running statistics: inputs in training, but not used to normalize.
            model.constant("running_mean", new float[data.beta().length]).constant("running_var", data.gamma());
        }
        return model.bytes();
    }

    @Override
    public void close() {
        environment.close();
    }

    /** y from x, or a chain: its first call reads x[0], and the others read and write y. */
    private final class Forward implements Task {
        private final OrtSession session;
        private final int calls;
        private final int elements;
        private final List<FloatPointer> memory = new ArrayList<>();
        private final List<OnnxTensor> x = new ArrayList<>();
        private final List<OnnxTensor> y = new ArrayList<>();

        Forward(OrtSession session, float[] values, long[] shape, int tensors, int calls) throws OrtException {
            this.session = session;
            this.calls = calls;
            elements = values.length;
            float[] zeros = new float[elements];
            for (int slot = 0; slot < tensors; slot++) {
                x.add(tensor(values, shape));
                y.add(tensor(zeros, shape));
            }
        }

        private OnnxTensor tensor(float[] values, long[] shape) throws OrtException {
            FloatPointer pointer = new FloatPointer(values.length).put(values);
            memory.add(pointer);
            return OnnxTensor.createTensor(environment, pointer.asBuffer(), shape);
        }

        @Override
        public Object run(int slot) {
            return calls == 1 ? call(x.get(slot), y.get(slot)) : chain();
        }

        private OnnxTensor chain() {
            OnnxTensor input = x.get(0);
            for (int call = 0; call < calls; call++) {
                input = call(input, y.get(Chained.output(call)));
            }
            return input;
        }

        private OnnxTensor call(OnnxTensor input, OnnxTensor output) {
            try {
                // Closing the result does not close the caller's output.
                session.run(Map.of("x", input), Map.of("y", output)).close();
                return output;
            } catch (OrtException e) {
                throw new IllegalStateException(e.getMessage(), e);
            }
        }

        @Override
        public PeerResults results(int slot) {
            float[] values = new float[elements];
            y.get(calls == 1 ? slot : Chained.output(calls - 1))
                    .getFloatBuffer()
                    .get(values);
            return PeerResults.forward(values);
        }

        @Override
        public void close() {
            x.forEach(OnnxTensor::close);
            y.forEach(OnnxTensor::close);
            memory.forEach(FloatPointer::close);
            try {
                session.close();
            } catch (OrtException e) {
                throw new IllegalStateException(e.getMessage(), e);
            }
        }
    }
}
