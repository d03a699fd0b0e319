package io.github.clnorm.tools.tutorial;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.internal.opencl.OpenCl;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tutorial's kernels on a device, with one set of inputs. Not thread-safe. {@link #close()} releases the
 * memory.
 */
final class Ladder implements AutoCloseable {

    private static final int WORK_GROUP = 64;
    private static final int WIDEST = 16;
    private static final byte[] NAN = {-1, -1, -1, -1};

    private final RungPrograms programs;
    private final OpenCl openCl;
    private final DeviceInfo device;
    private final Extent extent;
    private final TutorialInputs inputs;
    private final Map<String, Integer> sizes = new LinkedHashMap<>();
    private final Map<String, OpenCl.Memory> buffers = new LinkedHashMap<>();
    private Expected expected;

    /**
     * Brings inputs to a device.
     *
     * @param programs of the device; the caller closes them, after this
     * @param extent the size
     * @param inputs of this size
     * @throws io.github.clnorm.device.ClException when a call fails
     */
    Ladder(RungPrograms programs, Extent extent, TutorialInputs inputs) {
        this.programs = programs;
        this.openCl = programs.openCl();
        this.device = programs.device();
        this.extent = extent;
        this.inputs = inputs;
        try {
            input("x", inputs.x());
            input("dy", inputs.dy());
            input("gamma", inputs.gamma());
            input("beta", inputs.beta());
            allocate("y", extent.elements());
            allocate("dx", extent.elements());
            allocate("dgamma", extent.c());
            allocate("dbeta", extent.c());
            allocate("moments", 3 * extent.blocks());
            allocate("mean", extent.sets());
            allocate("mean_lo", extent.sets());
            allocate("rstd", extent.sets());
            allocate("sums", 2 * extent.pieces());
            allocate("g", 2 * extent.sets());
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void input(String name, float[] values) {
        ByteBuffer bytes = direct(values.length);
        bytes.asFloatBuffer().put(values);
        openCl.write(allocate(name, values.length), 0, bytes);
    }

    private OpenCl.Memory allocate(String name, int floats) {
        OpenCl.Memory memory = openCl.createBuffer((long) floats * Float.BYTES);
        sizes.put(name, floats);
        buffers.put(name, memory);
        return memory;
    }

    private static ByteBuffer direct(int floats) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(floats, Float.BYTES))
                .order(ByteOrder.nativeOrder());
    }

    /** The content of a buffer. Blocks until the launches before are done. */
    float[] read(String buffer) {
        ByteBuffer bytes = direct(sizes.get(buffer));
        openCl.read(buffers.get(buffer), 0, bytes);
        float[] values = new float[sizes.get(buffer)];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    /** The usual work-group size of kernels without barriers, which any size suits. */
    int usualWorkGroup() {
        return device.type() == DeviceType.CPU ? 1 : Math.min(WORK_GROUP, device.maxWorkGroupSize());
    }

    /** Floats of a vector of a team: wide on CPUs, four on GPUs. */
    int usualWidth() {
        return Rung.width(extent, device.type() == DeviceType.CPU ? WIDEST : 1);
    }

    /**
     * Builds a file for the device and sets the arguments of its kernels, which another ladder may set again.
     *
     * @param rung the file
     * @return enqueues its kernels
     */
    Runnable build(Rung rung) {
        return rung.team()
                ? build(rung, Rung.teamSize(usualWidth()), " -D WIDTH=" + usualWidth())
                : build(rung, usualWorkGroup(), "");
    }

    /** The same with a work-group size and compiler options. */
    Runnable build(Rung rung, int workGroupSize, String options) {
        List<OpenCl.Kernel> kernels = programs.kernels(rung, options);
        List<Runnable> launches = new ArrayList<>();
        for (int i = 0; i < kernels.size(); i++) {
            OpenCl.Kernel kernel = kernels.get(i);
            Rung.Launch launch = rung.launches().get(i);
            setArguments(kernel, Signature.of(rung.source(), launch.kernel()));
            long units = launch.over().count(extent);
            long workGroups = rung.team() ? units : (units + workGroupSize - 1) / workGroupSize;
            launches.add(() -> openCl.enqueue(kernel, workGroups, workGroupSize, false));
        }
        return () -> launches.forEach(Runnable::run);
    }

    private void setArguments(OpenCl.Kernel kernel, List<Signature.Parameter> parameters) {
        for (int i = 0; i < parameters.size(); i++) {
            String name = parameters.get(i).name();
            if (parameters.get(i).buffer()) {
                openCl.setArgument(kernel, i, buffers.get(name));
            } else if (name.equals("eps")) {
                openCl.setArgument(kernel, i, TutorialInputs.EPS);
            } else {
                openCl.setArgument(
                        kernel,
                        i,
                        switch (name) {
                            case "N" -> extent.n();
                            case "C" -> extent.c();
                            case "G" -> extent.g();
                            case "S" -> extent.s();
                            default -> throw new IllegalArgumentException("no value for the parameter " + name);
                        });
            }
        }
    }

    /**
     * Fills the outputs of a file with NaN, runs it once and compares its outputs with float64.
     *
     * @param rung the file
     * @param run as {@link #build} returned it
     * @return the largest error; NaN if any value is NaN or was not written
     */
    double check(Rung rung, Runnable run) {
        if (expected == null) {
            expected = new Expected(extent, inputs);
        }
        outputs(rung).forEach(output -> openCl.fill(buffers.get(output), NAN, (long) sizes.get(output) * Float.BYTES));
        run.run();
        if (rung.equals(Rung.COPY)) {
            return error(read("y"), inputs.x());
        }
        double largest = 0;
        for (String output : outputs(rung)) {
            largest = Math.max(largest, expected.error(output, this::read));
        }
        return largest;
    }

    private static double error(float[] actual, float[] expected) {
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
        }
        return largest;
    }

    /** The buffers that a file writes. */
    static List<String> outputs(Rung rung) {
        return rung.launches().stream()
                .flatMap(launch -> Signature.of(rung.source(), launch.kernel()).stream())
                .filter(Signature.Parameter::written)
                .map(Signature.Parameter::name)
                .distinct()
                .toList();
    }

    /**
     * The driver's own copy of x to y.
     *
     * @return enqueues it
     */
    Runnable driverCopy() {
        return () -> openCl.copy(buffers.get("x"), buffers.get("y"), extent.bytes());
    }

    /** Blocks until everything enqueued is done. */
    void finish() {
        openCl.finish();
    }

    @Override
    public void close() {
        buffers.values().forEach(openCl::release);
        buffers.clear();
    }
}
