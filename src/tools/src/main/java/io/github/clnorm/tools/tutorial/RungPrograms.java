package io.github.clnorm.tools.tutorial;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.OpenCl;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The built files of the tutorial: each is compiled once for each set of options. Not thread-safe. */
final class RungPrograms implements AutoCloseable {

    private static final String MULTIPLY_AND_ADD = "#define multiply_add(a, b, c) ((a) * (b) + (c))\n";

    private final OpenCl openCl;
    private final DeviceInfo device;
    private final Map<String, List<OpenCl.Kernel>> kernels = new HashMap<>();
    private final List<Runnable> open = new ArrayList<>();

    /**
     * The programs of a device.
     *
     * @param openCl a port on it; the caller closes it, after this
     * @param device the device
     */
    RungPrograms(OpenCl openCl, DeviceInfo device) {
        this.openCl = openCl;
        this.device = device;
    }

    OpenCl openCl() {
        return openCl;
    }

    DeviceInfo device() {
        return device;
    }

    /** The kernels of a file, in the order of its launches. Callers share them: they set all arguments again. */
    List<OpenCl.Kernel> kernels(Rung rung, String options) {
        return kernels.computeIfAbsent(rung.file() + options, key -> build(rung, options));
    }

    private List<OpenCl.Kernel> build(Rung rung, String options) {
        // The options that decide about rounding are the library's.
        String source = device.fusedMultiplyAdd() ? rung.source() : MULTIPLY_AND_ADD + rung.source();
        String rounding = device.correctlyRounded() ? " -cl-fp32-correctly-rounded-divide-sqrt" : "";
        OpenCl.Program program = openCl.build(source, "-cl-std=CL1.2" + rounding + options);
        open.add(() -> openCl.release(program));
        List<OpenCl.Kernel> result = new ArrayList<>();
        for (Rung.Launch launch : rung.launches()) {
            OpenCl.Kernel kernel = openCl.createKernel(program, launch.kernel());
            open.add(() -> openCl.release(kernel));
            result.add(kernel);
        }
        return result;
    }

    /** Releases kernels and programs. */
    @Override
    public void close() {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).run();
        }
        open.clear();
        kernels.clear();
    }
}
