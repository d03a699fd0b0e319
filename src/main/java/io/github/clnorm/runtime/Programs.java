package io.github.clnorm.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.runtime.opencl.OpenCl;
import java.util.HashMap;
import java.util.Map;

/** The built kernels of a session: each combination of file and options is compiled once. */
final class Programs implements AutoCloseable {

    private record Key(String file, String options) {}

    private record KernelKey(Key program, String kernel) {}

    private final OpenCl openCl;
    private final String deviceOptions;
    private final Map<Key, OpenCl.Program> programs = new HashMap<>();
    private final Map<KernelKey, OpenCl.Kernel> kernels = new HashMap<>();

    Programs(OpenCl openCl, DeviceInfo device) {
        this.openCl = openCl;
        // What follows from the device alone: the same for every plan, or plans would differ in bits.
        this.deviceOptions =
                "-cl-std=CL1.2" + (device.correctlyRounded() ? " -cl-fp32-correctly-rounded-divide-sqrt" : "");
    }

    /**
     * A kernel, built when it is asked for the first time.
     *
     * @param file a file of the opencl folder
     * @param name the kernel's name
     * @param options macros
     */
    OpenCl.Kernel kernel(String file, String name, String options) {
        Key key = new Key(file, options);
        return kernels.computeIfAbsent(
                new KernelKey(key, name), unused -> openCl.createKernel(programs.computeIfAbsent(key, this::build), name));
    }

    private OpenCl.Program build(Key key) {
        return openCl.build(KernelSource.of(key.file), deviceOptions + " " + key.options);
    }

    @Override
    public void close() {
        kernels.values().forEach(openCl::release);
        programs.values().forEach(openCl::release);
        kernels.clear();
        programs.clear();
    }
}
