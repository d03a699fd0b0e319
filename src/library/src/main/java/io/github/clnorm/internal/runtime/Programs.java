package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.opencl.OpenCl;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The built kernels of a session. Each combination of file and options is compiled once, and kept for later processes. The
 * session's lock guards it.
 */
final class Programs implements AutoCloseable {

    private record Key(String file, String options) {}

    private record KernelKey(Key program, String kernel) {}

    /** A program and its name in the cache; null if it was compiled. */
    private record Built(OpenCl.Program program, String found) {}

    private final OpenCl openCl;
    private final DeviceInfo device;
    private final String deviceOptions;
    // Null if the driver has a cache of its own.
    private final ProgramCache cache;
    private final Map<Key, Built> programs = new HashMap<>();
    private final Map<KernelKey, BuiltKernel> kernels = new HashMap<>();

    Programs(OpenCl openCl, DeviceInfo device, ProgramCache cache) {
        this.openCl = openCl;
        this.device = device;
        this.cache = Quirks.keepsPrograms(device) ? null : cache;
        // The same for every plan, or else plans would differ in bits.
        this.deviceOptions =
                "-cl-std=CL1.2" + (device.correctlyRounded() ? " -cl-fp32-correctly-rounded-divide-sqrt" : "");
    }

    /**
     * A kernel, built by the first call.
     *
     * @param file a file of the opencl folder
     * @param name the kernel's name
     * @param options macros
     */
    BuiltKernel kernel(String file, String name, String options) {
        return kernels.computeIfAbsent(new KernelKey(new Key(file, options), name), this::create);
    }

    private BuiltKernel create(KernelKey key) {
        OpenCl.Kernel kernel = created(key);
        return new BuiltKernel(openCl, kernel, KernelSignature.of(KernelSource.of(key.program.file), key.kernel));
    }

    private OpenCl.Kernel created(KernelKey key) {
        Built built = programs.computeIfAbsent(key.program, this::build);
        try {
            return openCl.createKernel(built.program, key.kernel);
        } catch (ClException e) {
            if (built.found == null) {
                throw e;
            }
        }
        // The driver accepted a cached binary that lacks the kernel: compile.
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
            // A driver without binaries: every process compiles.
        }
    }

    @Override
    public void close() {
        kernels.values().forEach(built -> openCl.release(built.kernel()));
        programs.values().forEach(built -> openCl.release(built.program));
        kernels.clear();
        programs.clear();
    }
}
