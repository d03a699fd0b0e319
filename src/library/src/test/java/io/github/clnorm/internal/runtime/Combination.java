package io.github.clnorm.internal.runtime;

import io.github.clnorm.testing.Operation;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;

/**
 * What a pass stores and computes besides the normalization. Tests that are about types, activations or residuals use
 * these, and the conformance table uses the same: a driver takes about a second to compile a program, and tests share
 * programs only if all macros agree. Each type of tensors and of parameters occurs, each activation, and each use of a
 * residual.
 */
enum Combination {
    FLOAT32(ElementType.FLOAT32, ElementType.FLOAT32, Activation.NONE, false, false),
    FLOAT32_GELU(ElementType.FLOAT32, ElementType.BFLOAT16, Activation.GELU, false, false),
    FLOAT32_SILU_SUM(ElementType.FLOAT32, ElementType.FLOAT32, Activation.SILU, true, true),
    FLOAT16_RELU_RESIDUAL(ElementType.FLOAT16, ElementType.FLOAT16, Activation.RELU, true, false),
    BFLOAT16_SILU_SUM(ElementType.BFLOAT16, ElementType.FLOAT32, Activation.SILU, true, true),
    FLOAT64_GELU(ElementType.FLOAT64, ElementType.FLOAT64, Activation.GELU, false, false);

    private final ElementType type;
    private final ElementType parameters;
    private final Activation activation;
    private final boolean residual;
    private final boolean sum;

    Combination(ElementType type, ElementType parameters, Activation activation, boolean residual, boolean sum) {
        this.type = type;
        this.parameters = parameters;
        this.activation = activation;
        this.residual = residual;
        this.sum = sum;
    }

    ElementType type() {
        return type;
    }

    /** A pass with this, with weight and bias. */
    Trial of(Operation operation, long seed) {
        Trial trial = Trial.of(operation, type).affine(parameters, seed).activation(activation);
        return residual ? trial.residual(seed + 2, sum) : trial;
    }

    /** The same without weight and bias. */
    Trial withoutParameters(Operation operation, long seed) {
        // The parameters' type is a macro also where there are none.
        Trial trial = Trial.of(operation, type).affine(parameters, null, null).activation(activation);
        return residual ? trial.residual(seed + 2, sum) : trial;
    }
}
