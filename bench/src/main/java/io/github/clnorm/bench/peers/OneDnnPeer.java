package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import java.util.ArrayList;
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

/** oneDNN: primitives, memories and arguments are created once. A call executes and waits. */
final class OneDnnPeer implements Peer {

    private final engine cpu = new engine(engine.kind.cpu, 0);
    private final stream queue = new stream(cpu);

    @Override
    public String version() {
        return Versions.ofBytedeco("dnnl");
    }

    @Override
    public Task prepare(Workload workload, Data data, Direction direction, int slots) {
        Prepared task = new Prepared(workload, data, slots);
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

    /** Memories and the arguments of each slot's call. */
    private final class Prepared implements Task {
        private final Workload workload;
        private final Data data;
        private final List<Pointer> owned = new ArrayList<>();
        private final memory[] tensors;
        private final IntMemoryMap[] arguments;
        private memory dgamma;
        private memory dbeta;
        private primitive pass;
        private String implementation;

        Prepared(Workload workload, Data data, int slots) {
            this.workload = workload;
            this.data = data;
            tensors = new memory[slots];
            arguments = new IntMemoryMap[slots];
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
            for (int slot = 0; slot < arguments.length; slot++) {
                memory x = filled(tensor, data.x());
                tensors[slot] = empty(tensor);
                IntMemoryMap normalizing = map(
                        shared,
                        Map.of(
                                dnnl.DNNL_ARG_SRC, x,
                                dnnl.DNNL_ARG_SHIFT, beta,
                                dnnl.DNNL_ARG_DST, tensors[slot]));
                arguments[slot] = normalizing;
                if (direction == Direction.BACKWARD) {
                    execute(normalize, normalizing);
                    arguments[slot] = map(
                            shared,
                            Map.of(
                                    dnnl.DNNL_ARG_SRC, x,
                                    dnnl.DNNL_ARG_DIFF_DST, filled(tensor, data.dy()),
                                    dnnl.DNNL_ARG_DIFF_SRC, tensors[slot],
                                    dnnl.DNNL_ARG_DIFF_SCALE, dgamma,
                                    dnnl.DNNL_ARG_DIFF_SHIFT, dbeta));
                }
            }
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

        private void execute(primitive what, IntMemoryMap with) {
            what.execute(queue, with);
            queue._wait();
        }

        @Override
        public Object run(int slot) {
            execute(pass, arguments[slot]);
            return tensors[slot];
        }

        @Override
        public String implementation() {
            return implementation;
        }

        @Override
        public PeerResults results(int slot) {
            return new PeerResults(
                    floats(tensors[slot], data.x().length),
                    floats(dgamma, data.gamma().length),
                    floats(dbeta, data.beta().length));
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
