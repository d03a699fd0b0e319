package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanSpace;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The host sets every parameter of every kernel, by its name and with its type. Needs no device. */
class KernelArgumentsTest {

    private static final Pattern SIGNATURE = Pattern.compile("__kernel\\b[^{;]*?\\b(\\w+)\\(([^{;()]*)\\)\\s*\\{");
    private static final Pattern PARAMETER = Pattern.compile("(?:(__global|__local) )?(?:const )?(\\w+)[ *]+(\\w+)");

    private static List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("opencl"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".cl"))
                    .sorted()
                    .toList();
        }
    }

    /** What a parameter takes, by the words of its declaration; the name of the setter is that of the test's port. */
    private record Declared(String name, String setter) {}

    /** Every kernel's parameters, by a reader that shares nothing with {@link KernelSignature}. */
    private static Map<String, List<Declared>> declared() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String file : files()) {
            all.append(Files.readString(Path.of("opencl", file)));
        }
        Map<String, List<Declared>> kernels = new TreeMap<>();
        Matcher matcher = SIGNATURE.matcher(all);
        while (matcher.find()) {
            List<Declared> parameters = new ArrayList<>();
            for (String declaration : matcher.group(2).split(",")) {
                Matcher parameter =
                        PARAMETER.matcher(declaration.replaceAll("\\s+", " ").strip());
                assertTrue(parameter.matches(), matcher.group(1) + ": " + declaration);
                parameters.add(new Declared(
                        parameter.group(3), parameter.group(1) != null ? parameter.group(1) : parameter.group(2)));
            }
            kernels.put(matcher.group(1), parameters);
        }
        return kernels;
    }

    @Test
    void signaturesAreReadFromTheSource() throws IOException {
        Map<String, List<Declared>> declared = declared();
        assertTrue(declared.size() >= 17, declared.keySet().toString());
        TreeSet<String> read = new TreeSet<>();
        for (String file : KernelSource.FILES) {
            String source = KernelSource.of(file);
            String own = Files.readString(Path.of("opencl", file)).replace('\n', ' ');
            for (String kernel : declared.keySet()) {
                if (!own.contains(" " + kernel + "(__global")) {
                    continue;
                }
                read.add(kernel);
                KernelSignature signature = KernelSignature.of(source, kernel);
                assertEquals(
                        declared.get(kernel),
                        signature.parameters().stream()
                                .map(parameter -> new Declared(
                                        parameter.name(),
                                        switch (parameter.type()) {
                                            case BUFFER -> "__global";
                                            case LOCAL -> "__local";
                                            case UINT -> "uint";
                                            case ULONG -> "ulong";
                                            case REAL -> "real";
                                        }))
                                .toList(),
                        kernel);
            }
        }
        assertEquals(declared.keySet(), read);
    }

    /** A device without a driver: takes every call, and remembers what arguments were set to. */
    private static final class Recorder {
        private final Map<OpenCl.Kernel, Map<Integer, String>> set = new IdentityHashMap<>();
        private final Map<String, Map<Integer, String>> launched = new TreeMap<>();
        private final String real;

        Recorder(ElementType real) {
            this.real = real == ElementType.FLOAT64 ? "double" : "float";
        }

        OpenCl port() {
            return (OpenCl) Proxy.newProxyInstance(
                    OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                        switch (method.getName()) {
                            case "createBuffer" -> {
                                return new OpenCl.Memory("memory");
                            }
                            case "build" -> {
                                return new OpenCl.Program("program");
                            }
                            case "createKernel" -> {
                                return new OpenCl.Kernel("kernel", (String) arguments[1]);
                            }
                            case "workGroupLimit" -> {
                                return 1024L;
                            }
                            case "binary" -> {
                                return new byte[0];
                            }
                            case "setArgument", "setLocalArgument" -> set(method, arguments);
                            case "enqueue" -> {
                                OpenCl.Kernel kernel = (OpenCl.Kernel) arguments[0];
                                launched.put(kernel.name(), set.get(kernel));
                            }
                            default -> {
                                return null;
                            }
                        }
                        return null;
                    });
        }

        private void set(Method method, Object... arguments) {
            Class<?> type = method.getParameterTypes()[2];
            String setter = method.getName().equals("setLocalArgument")
                    ? "__local"
                    : type == OpenCl.Memory.class
                            ? "__global"
                            : type == int.class
                                    ? "uint"
                                    : type == long.class
                                            ? "ulong"
                                            : type.getName().equals(real) ? "real" : "wrong";
            set.computeIfAbsent((OpenCl.Kernel) arguments[0], unused -> new TreeMap<>())
                    .put((Integer) arguments[1], setter);
        }
    }

    private static final List<Operation> OPERATIONS = List.of(
            Operation.groupNorm(Layout.CHANNELS_FIRST, 2, 4, 6, 300),
            Operation.groupNorm(Layout.CHANNELS_LAST, 2, 4, 500, 8),
            Operation.layerNorm(new long[] {200, 128}, 128),
            Operation.batchNorm(Layout.CHANNELS_FIRST, 4, 6, 300),
            Operation.batchNorm(Layout.CHANNELS_LAST, 4, 300, 6));

    private static void everyPass(Session session, DeviceBuffer x, ElementType type) {
        for (Operation operation : OPERATIONS) {
            for (Statistics statistics : Statistics.values()) {
                for (boolean present : new boolean[] {true, false}) {
                    everyPlan(session, operation, statistics, type, x, present ? x : null);
                }
            }
        }
    }

    private static void everyPlan(
            Session session,
            Operation operation,
            Statistics statistics,
            ElementType type,
            DeviceBuffer x,
            DeviceBuffer some) {
        DeviceBuffer moment = statistics == Statistics.GIVEN ? x : some;
        ForwardProblem forward = ForwardProblem.of(operation.geometry(), statistics, type);
        ForwardBuffers buffers = new ForwardBuffers(x, some, some, some, x, some, moment, some, moment, some);
        for (Plan plan : PlanSpace.sample(forward, session.device(), 8)) {
            Engine.enqueue(session, forward, plan, buffers, 1e-5);
        }
        BackwardProblem backward = new BackwardProblem(
                operation.geometry(), statistics, type, type, Activation.NONE, false, true, true, true);
        BackwardBuffers gradients = new BackwardBuffers(x, some, x, some, some, moment, some, x, x, x, x);
        for (Plan plan : PlanSpace.fewGradients(backward, session.device(), 8)) {
            Engine.enqueue(session, backward, plan, gradients, 1e-5);
        }
    }

    private static void everyOtherKernel(Session session, DeviceBuffer x, ElementType type) {
        EmptyLaunch.enqueue(session, x);
        Copy.enqueue(session, new Copy.Variant(1, 1, 1, false, false), x, x);
        RunningStatistics.enqueue(session, type, new RunningStatistics.Batch(x, x, 1, 1, 2), x, x, 0.1);
        Addition.enqueue(session, type, 1, x, x, x);
        Modulation modulation = new Modulation(session, type, type, 1, 1, 0, x, x, x, x);
        Modulation.Table table = new Modulation.Table(x, x);
        modulation.parameters(table);
        modulation.gradients(table, new Modulation.Targets(x, x, x, x));
        // What the smoke test launches.
        BuiltKernel add = session.kernel("smoke.cl", "add", "");
        session.queue().enqueue(add, add.arguments().with("a", x).with("b", x).with("sum", x), 1, 1);
    }

    @Test
    void everyParameterOfEveryKernelIsSetWithItsType() throws IOException {
        for (ElementType type : List.of(ElementType.FLOAT32, ElementType.FLOAT64)) {
            Recorder recorder = new Recorder(type);
            try (Session session = new Session(recorder.port(), TestInfo.GPU, new ProgramCache(null, 0));
                    DeviceBuffer x = session.allocate(8)) {
                everyPass(session, x, type);
                everyOtherKernel(session, x, type);
            }
            Map<String, List<String>> launched = new TreeMap<>();
            recorder.launched.forEach((kernel, set) -> launched.put(kernel, List.copyOf(set.values())));
            Map<String, List<String>> expected = new TreeMap<>();
            declared()
                    .forEach((kernel, parameters) -> expected.put(
                            kernel, parameters.stream().map(Declared::setter).toList()));
            assertEquals(expected, launched);
        }
    }

    private static KernelArguments arguments() {
        return new KernelArguments(
                KernelSignature.of(
                        "__kernel void scale(__global const real *x, const uint n, const ulong m, const real by,"
                                + " __local real *kept)\n{",
                        "scale"),
                ElementType.FLOAT32);
    }

    private static void isRejected(String reason, Runnable action) {
        RuntimeException e = assertThrows(RuntimeException.class, action::run);
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    @Test
    void mistakesAreRejected() {
        isRejected("scale has no parameter y", () -> arguments().with("y", 1));
        isRejected("n of scale is a UINT, not a BUFFER", () -> arguments().with("n", null));
        isRejected("x of scale is a BUFFER, not a ULONG", () -> arguments().with("x", 1));
        isRejected("by of scale is a REAL, not a ULONG", () -> arguments().with("by", 1));
        isRejected("m of scale is a ULONG, not a REAL", () -> arguments().withReal("m", 1));
        isRejected("by of scale is a REAL, not a LOCAL", () -> arguments().withLocal("by", 1));
        isRejected("n of scale is not a uint: 2147483648", () -> arguments().with("n", 1L << 31));
        isRejected("m of scale is set twice", () -> arguments().with("m", 1).with("m", 1));
        isRejected("kept of scale is not set", () -> arguments()
                .with("x", null)
                .with("n", 1)
                .with("m", 1L << 40)
                .withReal("by", 2)
                .requireComplete());
        isRejected("no kernel other", () -> KernelSignature.of("__kernel void scale(const uint n)\n{", "other"));
        isRejected("const int n", () -> KernelSignature.of("__kernel void scale(const int n)\n{", "scale"));
    }
}
