package io.github.clnorm.tools.compilers;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.model.Capacities;
import io.github.clnorm.internal.model.Capacity;
import io.github.clnorm.internal.model.LaunchDemand;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The kernels that the plans of all suites launch on some GPUs, each once for a target. */
final class PlannedKernels {

    /** A kernel for a target. */
    private record Key(Target target, KernelBuild build) {}

    // Whole vectors of any type: so the copy has vectors.
    private static final int BUFFER_BYTES = 1024;

    private final Map<Key, PlannedKernel> planned = new LinkedHashMap<>();
    // Of the session that is open now.
    private RecordedPasses passes;

    /** The kernels of GPUs, in every type and layout. */
    static Collection<PlannedKernel> of(List<Gpu> gpus, Set<Activation> activations) {
        PlannedKernels kernels = new PlannedKernels();
        for (Gpu gpu : gpus) {
            for (ElementType type : ElementType.values()) {
                if (type != ElementType.FLOAT64 || gpu.device().fp64()) {
                    kernels.add(gpu, type, activations);
                }
            }
        }
        return kernels.planned.values();
    }

    private static Set<Workload> workloads(ElementType type) {
        Set<Workload> all = new LinkedHashSet<>();
        for (Suite suite : Suite.values()) {
            // What the others add is in runOfSamples and in the activations.
            for (Workload workload : suite.plain() ? suite.workloads() : List.<Workload>of()) {
                for (Layout layout : Layout.values()) {
                    all.add(workload.in(type, layout));
                }
            }
        }
        return all;
    }

    private void add(Gpu gpu, ElementType type, Set<Activation> activations) {
        DeviceInfo device = gpu.device();
        Capacity capacity = Capacities.of(device);
        PortRecorder recorder = new PortRecorder(
                device.maxWorkGroupSize(), (build, localBytes) -> launched(gpu, capacity, build, localBytes));
        // One type a session: its programs are those of one type.
        try (Session session = new Session(recorder.port(), device);
                DeviceBuffer some = session.allocate(BUFFER_BYTES)) {
            passes = new RecordedPasses(session, some);
            for (Workload workload : workloads(type)) {
                activations.forEach(activation -> passes.run(workload, activation));
            }
            passes.runOfSamples(type);
            passes.runOthers(type);
        }
    }

    private void launched(Gpu gpu, Capacity capacity, KernelBuild build, long localBytes) {
        Optional<LaunchDemand> launch = passes.launch(build.kernel());
        String by = gpu.device().name() + ": " + passes.current();
        for (Target target : gpu.targets()) {
            planned.computeIfAbsent(new Key(target, build), key -> new PlannedKernel(target, build))
                    .use(by, localBytes, launch, capacity, passes.elements());
        }
    }
}
