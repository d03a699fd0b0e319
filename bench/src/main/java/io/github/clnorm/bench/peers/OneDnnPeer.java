package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/** oneDNN: primitives, memories and arguments are created once. A call executes and waits; calls of a chain wait
 * once, at the end. */
final class OneDnnPeer implements Peer {

    private final engine cpu = new engine(engine.kind.cpu, 0);
    private final stream queue = new stream(cpu);

    OneDnnPeer(int threads) {
        String set = System.getenv("OMP_NUM_THREADS");
        if (!Integer.toString(threads).equals(set)) {
            throw new IllegalStateException("OMP_NUM_THREADS is " + set + ", not " + threads);
        }
    }

    @Override
    public String version() {
        return Versions.ofBytedeco("dnnl");
    }

    @Override
    public Task prepare(Workload workload, Data data, Direction direction, int slots) {
        return made(new Prepared(workload, data, slots, false, 1), direction);
    }

    @Override
    public Task chain(Workload workload, Data data, Direction direction, int slots, int calls) {
        return made(new Prepared(workload, data, slots, true, calls), direction);
    }

    private static Task made(Prepared task, Direction direction) {
        try {
            task.make(direction);
            return task;
        } catch (RuntimeException e) {
            task.close();
            throw e;
        }
    }

    @Override
    public void close() {
        queue.close();
        cpu.close();
    }

    /** Makes the arguments of a call from the tensor that it reads and the one that it writes. */
    private interface Arguments {
        IntMemoryMap of(memory input, memory output);
    }

    /** Memories and the arguments of each call. */
    private final class Prepared implements Task {
        private final Workload workload;
        private final Data data;
        private final boolean chained;
        private final int calls;
        private final List<Pointer> owned = new ArrayList<>();
        private final memory[] x;
        private final memory[] outputs;
        private final IntMemoryMap[][] arguments;
        private memory dgamma;
        private memory dbeta;
        private primitive pass;
        private String implementation;

        Prepared(Workload workload, Data data, int slots, boolean chained, int calls) {
            this.workload = workload;
            this.data = data;
            this.chained = chained;
            this.calls = calls;
            x = new memory[slots];
            outputs = new memory[chained ? Chained.BUFFERS : slots];
            arguments = new IntMemoryMap[slots][];
        }

        void make(Direction direction) {
            memory.desc tensor = own(OneDnnPrimitives.tensor(workload));
            primitive_desc forward = described(() -> OneDnnPrimitives.forward(cpu, workload, tensor));
            primitive normalize = own(new primitive(forward));
            primitive_desc measured = direction == Direction.FORWARD
                    ? forward
                    : described(() -> OneDnnPrimitives.backward(cpu, workload, tensor, forward));
            pass = direction == Direction.FORWARD ? normalize : own(new primitive(measured));
            implementation = measured.impl_info_str().getString();

            memory.desc statistics = own(OneDnnPrimitives.statistics(workload));
            memory.desc parameter = own(OneDnnPrimitives.parameter(workload));
            dgamma = empty(parameter);
            dbeta = empty(parameter);
            Map<Integer, memory> shared = Map.of(
                    dnnl.DNNL_ARG_MEAN, empty(statistics),
                    dnnl.DNNL_ARG_VARIANCE, empty(statistics),
                    dnnl.DNNL_ARG_SCALE, filled(parameter, data.gamma()));
            memory beta = filled(parameter, data.beta());
            Arrays.setAll(x, slot -> stored(tensor, data.x()));
            Arrays.setAll(outputs, output -> empty(tensor));
            Arguments normalizing = (input, output) ->
                    map(shared, Map.of(dnnl.DNNL_ARG_SRC, input, dnnl.DNNL_ARG_SHIFT, beta, dnnl.DNNL_ARG_DST, output));
            if (direction == Direction.BACKWARD) {
                normalize.execute(queue, normalizing.of(x[0], outputs[0]));
                queue._wait();
            }
            for (int slot = 0; slot < x.length; slot++) {
                memory ofSlot = x[slot];
                arguments[slot] = direction == Direction.FORWARD
                        ? arguments(slot, ofSlot, normalizing)
                        : arguments(
                                slot,
                                stored(tensor, data.dy()),
                                (input, output) -> map(
                                        shared,
                                        Map.of(
                                                dnnl.DNNL_ARG_SRC, ofSlot,
                                                dnnl.DNNL_ARG_DIFF_DST, input,
                                                dnnl.DNNL_ARG_DIFF_SRC, output,
                                                dnnl.DNNL_ARG_DIFF_SCALE, dgamma,
                                                dnnl.DNNL_ARG_DIFF_SHIFT, dbeta)));
            }
        }

        /** Those of the only call; or those of the first call of a chain, and of later ones in turn. */
        private IntMemoryMap[] arguments(int slot, memory first, Arguments call) {
            return !chained
                    ? new IntMemoryMap[] {call.of(first, outputs[slot])}
                    : new IntMemoryMap[] {
                        call.of(first, outputs[0]), call.of(outputs[0], outputs[1]), call.of(outputs[1], outputs[0])
                    };
        }

        private <T extends Pointer> T own(T pointer) {
            owned.add(pointer);
            return pointer;
        }

        /** Without an implementation, creating the primitive descriptor fails. */
        private primitive_desc described(Supplier<primitive_desc> description) {
            try {
                return own(description.get());
            } catch (UnsupportedOperationException e) {
                throw e;
            } catch (RuntimeException e) {
                throw new UnsupportedOperationException("no implementation", e);
            }
        }

        private memory empty(memory.desc description) {
            return own(new memory(description, cpu));
        }

        /** Of the workload's type. */
        private memory stored(memory.desc description, float[] values) {
            if (workload.type() == ElementType.FLOAT32) {
                return filled(description, values);
            }
            memory stored = empty(description);
            new ShortPointer(stored.get_data_handle()).put(StoredElements.bits(values, workload.type()));
            return stored;
        }

        private memory filled(memory.desc description, float[] values) {
            memory filled = empty(description);
            new FloatPointer(filled.get_data_handle()).put(values);
            return filled;
        }

        private IntMemoryMap map(Map<Integer, memory> shared, Map<Integer, memory> own) {
            IntMemoryMap map = own(new IntMemoryMap());
            shared.forEach(map::put);
            own.forEach(map::put);
            return map;
        }

        @Override
        public Object run(int slot) {
            for (int call = 0; call < calls; call++) {
                int which = call == 0 ? 0 : 1 + (call - 1) % Chained.BUFFERS;
                pass.execute(queue, arguments[(slot + call) % arguments.length][which]);
            }
            queue._wait();
            return output(slot);
        }

        private memory output(int slot) {
            return outputs[!chained ? slot : Chained.output(calls - 1)];
        }

        @Override
        public String implementation() {
            return implementation;
        }

        @Override
        public PeerResults results(int slot) {
            return new PeerResults(
                    tensor(output(slot)), floats(dgamma, data.gamma().length), floats(dbeta, data.beta().length));
        }

        private float[] tensor(memory from) {
            if (workload.type() == ElementType.FLOAT32) {
                return floats(from, data.x().length);
            }
            short[] bits = new short[data.x().length];
            new ShortPointer(from.get_data_handle()).get(bits);
            return StoredElements.floats(bits, workload.type());
        }

        private static float[] floats(memory from, int count) {
            float[] values = new float[count];
            new FloatPointer(from.get_data_handle()).get(values);
            return values;
        }

        @Override
        public void close() {
            owned.forEach(Pointer::close);
        }
    }
}
