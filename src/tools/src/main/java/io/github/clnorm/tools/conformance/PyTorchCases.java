package io.github.clnorm.tools.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.NormSpec;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.Map;

/** PyTorch's own cases: calls that return a result, modules with a state, and calls that are rejected. */
final class PyTorchCases {

    /** The row of all calls that must be rejected. */
    static final String REFUSALS = "refusals";

    private final Cases cases;

    PyTorchCases(Cases cases) {
        this.cases = cases;
    }

    void add() {
        for (PyTorchData.Entry entry : new PyTorchData().cases()) {
            String name = "PyTorch: " + entry;
            NormSpec.Kind operation = NormSpec.Kind.parse(entry.text("operation"));
            String row = operation.toString();
            if (entry.has("module")) {
                cases.add(row, ElementType.FLOAT32, name, (backend, check) -> PyTorchModule.run(entry, backend, check));
                if (entry.entries("steps").stream().allMatch(step -> step.has("gradients"))) {
                    cases.add(
                            ConformanceRow.backward(operation),
                            ElementType.FLOAT32,
                            name,
                            (backend, check) -> PyTorchModule.runBackward(entry, backend, check));
                }
            } else if (PyTorchDifferences.accepts(entry.toString())) {
                cases.addReference(row, entry.tensor("tensors", "input").type(), name, () -> call(entry));
            } else if (entry.has("error") || PyTorchDifferences.refuses(entry.toString())) {
                cases.add(REFUSALS, null, name, (backend, check) -> refused(entry, backend, check));
            } else {
                ElementType type = entry.tensor("tensors", "input").type();
                cases.add(row, type, name, (backend, check) -> computed(entry, backend, check));
                cases.add(
                        ConformanceRow.backward(operation),
                        type,
                        name,
                        (backend, check) -> gradients(entry, backend, check));
            }
        }
    }

    private static void gradients(PyTorchData.Entry entry, Backend backend, CaseCheck check) {
        Call call = call(entry);
        CallResult actual = OnDevice.gradients(backend, call);
        GradientCheck.exact(check, call, actual);
        GradientCheck.libtorch(check, call, libtorchGradients(entry), actual);
    }

    /** The gradients by libtorch's autograd, by role, if clnorm computes the same ones. */
    static Map<String, HostTensor> libtorchGradients(PyTorchData.Entry entry) {
        Map<String, HostTensor> gradients = entry.tensors("gradients");
        gradients.keySet().removeAll(PyTorchDifferences.otherGradients(entry.toString()));
        return gradients;
    }

    private static void refused(PyTorchData.Entry entry, Backend backend, CaseCheck check) {
        Call call = call(entry);
        String expected = PyTorchDifferences.inOtherWords(entry.toString()) ? null : entry.text("error");
        refused(expected, () -> OnDevice.run(backend, call), check);
    }

    /** A call must be rejected with this message, which advice may follow; null accepts any message. */
    static void refused(String expected, Runnable action, CaseCheck check) {
        try {
            action.run();
            check.fail("is not refused");
        } catch (IllegalArgumentException e) {
            check.that(
                    expected == null
                            || expected.equals(e.getMessage())
                            || e.getMessage().startsWith(expected + "; "),
                    "says '" + e.getMessage() + "', expected '" + expected + "'");
        }
    }

    private static void computed(PyTorchData.Entry entry, Backend backend, CaseCheck check) {
        Call call = call(entry);
        CallResult actual = OnDevice.run(backend, call);
        // Also compared with the correct result, within clnorm's bound alone.
        Cases.compare(check, call, InFloat64.run(call), actual);
        for (Map.Entry<String, HostTensor> expected : entry.tensors("expected").entrySet()) {
            String role = expected.getKey();
            double[] given = actual.get(role);
            if (given == null) {
                check.fail("no " + role);
                continue;
            }
            boolean stored = role.equals("output");
            ElementType type = call.input.type();
            Tolerance tolerance = Tolerance.of(stored ? type : type.accumulator());
            check.close(
                    "libtorch's " + role,
                    expected.getValue().values(),
                    given,
                    tolerance.against(rounding(call, expected.getValue().type(), stored)));
        }
    }

    /**
     * The error of libtorch's results: it stores them in a type of its own choice, and computes y as x · (rstd ·
     * weight) + (bias - mean · rstd · weight), where |x| · rstd · |weight| may be much larger than y.
     */
    private static Tolerance.Slack rounding(Call call, ElementType stored, boolean output) {
        double unit = stored == stored.accumulator() ? 0 : Tolerance.roundoff(stored);
        double denormal = Tolerance.halfDenormal(stored);
        double amplified = 0;
        if (output) {
            double weight = call.weight == null ? 1 : largest(call.weight.values());
            amplified = InFloat64.largestRstd(call)
                    * weight
                    * call.input.type().accumulator().epsilon();
        }
        double factor = amplified;
        double[] x = call.input.values();
        return (i, e) -> unit * Math.abs(e) + denormal + (output ? factor * Math.abs(x[i]) : 0);
    }

    private static double largest(double... values) {
        return Arrays.stream(values).map(Math::abs).max().orElse(0);
    }

    /** A case that is one call. */
    static Call call(PyTorchData.Entry entry) {
        HostTensor input = entry.tensor("tensors", "input");
        Call call = Call.of(NormSpec.Kind.parse(entry.text("operation")), input)
                .affine(entry.tensor("tensors", "weight"), entry.tensor("tensors", "bias"))
                .gradOutput(entry.tensor("gradients", "grad_output"));
        if (entry.has("layout") && !entry.text("layout").equals(Layout.CHANNELS_FIRST.toString())) {
            throw new IllegalStateException(entry + ": layout " + entry.text("layout"));
        }
        // rms_norm's default: the machine epsilon of the type it computes in.
        call.eps(
                entry.has("eps")
                        ? entry.number("eps")
                        : input.type().accumulator().epsilon());
        if (entry.has("num_groups")) {
            call.numGroups((long) entry.number("num_groups"));
        }
        if (entry.has("normalized_shape")) {
            call.normalizedShape(entry.numbers("normalized_shape"));
        }
        if (entry.has("momentum")) {
            call.running(statistic(entry, "running_mean"), statistic(entry, "running_var"), entry.number("momentum"));
        }
        for (String member : new String[] {"training", "use_input_stats"}) {
            if (entry.has(member)) {
                call.ownStatistics(entry.flag(member));
            }
        }
        return call;
    }

    /** clnorm keeps running statistics in float32 for narrower inputs; libtorch's may be narrower. */
    private static HostTensor statistic(PyTorchData.Entry entry, String role) {
        HostTensor given = entry.tensor("tensors", role);
        return given == null ? null : given.as(given.type().accumulator());
    }
}
