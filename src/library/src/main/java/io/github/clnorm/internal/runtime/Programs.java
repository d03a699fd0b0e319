package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.opencl.OpenCl;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The built kernels of a session: each combination of file and options is compiled once, also for later processes. */
final class Programs implements AutoCloseable {

    private record Key(String file, String options) {}

    private record KernelKey(Key program, String kernel) {}

    /** A program, and the name under which it was found on disk; null for one that was compiled. */
    private record Built(OpenCl.Program program, String found) {}

    private final OpenCl openCl;
    private final DeviceInfo device;
    private final String deviceOptions;
    // Null where the driver keeps what it compiles.
    private final ProgramCache cache;
    private final Map<Key, Built> programs = new HashMap<>();
    private final Map<KernelKey, OpenCl.Kernel> kernels = new HashMap<>();

    Programs(OpenCl openCl, DeviceInfo device, ProgramCache cache) {
        this.openCl = openCl;
        this.device = device;
        this.cache = Quirks.keepsPrograms(device) ? null : cache;
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
        return kernels.computeIfAbsent(new KernelKey(new Key(file, options), name), this::create);
    }

    private OpenCl.Kernel create(KernelKey key) {
        Built built = programs.computeIfAbsent(key.program, this::build);
        try {
            return openCl.createKernel(built.program, key.kernel);
        } catch (ClException e) {
            if (built.found == null) {
                throw e;
            }
        }
        // A binary that the driver took, and that is not what it should be.
        cache.forget(built.found);
        programs.remove(key.program);
        openCl.release(built.program);
        return openCl.createKernel(programs.computeIfAbsent(key.program, this::build).program, key.kernel);
    }

    private Built build(Key key) {
        String source = KernelSource.of(key.file);
        String options = deviceOptions + " " + key.options;
        if (cache == null) {
            return new Built(openCl.build(source, options), null);
        }
        String name = ProgramCache.name(device, source, options);
        Optional<byte[]> binary = cache.find(name);
        if (binary.isPresent()) {
            try {
                return new Built(openCl.load(binary.get(), options), name);
            } catch (ClException e) {
                cache.forget(name);
            }
        }
        OpenCl.Program program = openCl.build(source, options);
        keep(name, program);
        return new Built(program, null);
    }

    private void keep(String name, OpenCl.Program program) {
        try {
            byte[] binary = openCl.binary(program);
            if (binary.length > 0) {
                cache.store(name, binary);
            }
        } catch (ClException e) {
            // A driver that gives no binaries: every process compiles.
        }
    }

    @Override
    public void close() {
        kernels.values().forEach(openCl::release);
        programs.values().forEach(built -> openCl.release(built.program));
        kernels.clear();
        programs.clear();
    }
}
