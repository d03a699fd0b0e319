package io.github.clnorm.tools.conformance;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;

/** rms_norm whose weights are added to 1, as in Gemma: every type, most with GELU_TANH, compared with the float64 reference. */
final class WeightOffsetCases {

    private final Cases cases;

    WeightOffsetCases(Cases cases) {
        this.cases = cases;
    }

    void add() {
        for (ElementType type : ReferenceCases.TYPES) {
            String name = "rows of 1500, weight + 1, " + activation(type);
            cases.addReference(NormSpec.Kind.RMS_NORM.toString(), type, name, () -> of(type));
            cases.addGradients(
                    ConformanceRow.backward(NormSpec.Kind.RMS_NORM), type, name, () -> GradOutput.to(of(type)));
        }
    }

    /** The other reference cases have GELU_TANH in float32. */
    private static Activation activation(ElementType type) {
        return type == ElementType.FLOAT32 ? Activation.SILU : Activation.GELU_TANH;
    }

    private static Call of(ElementType type) {
        Call call = Call.rmsNorm(HostTensor.normal(type, 61, 1, 1.5, 6, 1500), 1500)
                .weightOffset(1)
                .activation(activation(type));
        return call.affine(HostTensor.normal(type, 62, 0, 0.5, call.parameterShape()), null);
    }
}
