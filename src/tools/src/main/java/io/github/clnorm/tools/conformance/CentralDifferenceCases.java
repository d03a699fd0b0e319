package io.github.clnorm.tools.conformance;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.ArrayList;
import java.util.List;

/** Gradients of small calls, compared with central differences, which need no formula of the gradient. */
final class CentralDifferenceCases {

    private static final ElementType TYPE = ElementType.FLOAT32;

    private final Cases cases;

    CentralDifferenceCases(Cases cases) {
        this.cases = cases;
    }

    void add() {
        for (Call call : calls()) {
            String name = "central differences, " + call.layout + ", " + call.activation
                    + (call.ownStatistics ? "" : ", evaluation")
                    + (call.scale == null ? "" : ", scale and shift");
            cases.add(
                    ConformanceRow.backward(call.operation),
                    TYPE,
                    name,
                    (backend, check) -> GradientCheck.close(
                            check,
                            call,
                            "differences' ",
                            CentralDifferences.gradients(call),
                            OnDevice.gradients(backend, call),
                            (i, e) -> CentralDifferences.ACCURACY));
        }
    }

    /** Every operation, every activation, both layouts; with and without scale and shift. */
    static List<Call> calls() {
        List<Call> calls = new ArrayList<>();
        for (Layout layout : Layout.values()) {
            boolean first = layout == Layout.CHANNELS_FIRST;
            HostTensor x = HostTensor.normal(TYPE, 31, 1, 2, first ? shape(3, 4, 5) : shape(3, 5, 4));
            Activation activation = first ? Activation.NONE : Activation.SILU;
            calls.add(Call.groupNorm(x, layout, 2).activation(activation));
            calls.add(Call.instanceNorm(x, layout).activation(activation));
            calls.add(Call.batchNorm(x, layout).activation(activation));
            Call evaluation = Call.batchNorm(x, layout).activation(activation).ownStatistics(false);
            HostTensor variance = HostTensor.of(TYPE, i -> 1 + i / 2.0, evaluation.parameterShape());
            calls.add(evaluation.running(HostTensor.normal(TYPE, 32, 1, 1, evaluation.parameterShape()), variance, 0));
        }
        HostTensor rows = HostTensor.normal(TYPE, 33, 1, 2, 4, 7);
        calls.add(Call.layerNorm(rows, 7).activation(Activation.GELU));
        calls.add(Call.rmsNorm(rows, 7).activation(Activation.RELU));
        addModulated(calls);
        calls.forEach(call -> GradOutput.to(call.affine(
                HostTensor.normal(TYPE, 34, 1, 0.5, call.parameterShape()),
                HostTensor.normal(TYPE, 35, 0, 1, call.parameterShape()))));
        return calls;
    }

    /** Every operation that takes a scale and a shift, in both layouts. */
    private static void addModulated(List<Call> calls) {
        HostTensor first = HostTensor.normal(TYPE, 36, 1, 2, 3, 4, 5);
        HostTensor last = HostTensor.normal(TYPE, 36, 1, 2, 3, 5, 4);
        List<Call> modulated = List.of(
                Call.groupNorm(first, Layout.CHANNELS_FIRST, 2).activation(Activation.SILU),
                Call.groupNorm(last, Layout.CHANNELS_LAST, 2),
                Call.instanceNorm(first, Layout.CHANNELS_FIRST),
                Call.instanceNorm(last, Layout.CHANNELS_LAST).activation(Activation.SILU),
                Call.layerNorm(last, 4).activation(Activation.GELU_TANH),
                Call.rmsNorm(last, 4).activation(Activation.GELU));
        modulated.forEach(call -> call.scaleShift(
                HostTensor.normal(TYPE, 37, 0, 0.5, call.modulationShape()),
                HostTensor.normal(TYPE, 38, 0, 1, call.modulationShape())));
        calls.addAll(modulated);
    }

    private static long[] shape(long... shape) {
        return shape;
    }
}
