package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static io.github.clnorm.type.Layout.CHANNELS_LAST;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** The bounds that are promised for gradients, where others miss them. */
@Tag("slow")
@Tag("device")
@Tag("conformance")
class GradientAccuracyTest {

    private static final List<Operation> EACH_KIND = List.of(
            Operation.groupNorm(CHANNELS_FIRST, 2, 2, 6, 41, 31),
            Operation.groupNorm(CHANNELS_LAST, 2, 2, 41, 31, 6),
            Operation.batchNorm(CHANNELS_FIRST, 5, 3, 400),
            Operation.batchNorm(CHANNELS_LAST, 5, 400, 3),
            Operation.layerNorm(new long[] {140, 1100}, 1100),
            Operation.rmsNorm(new long[] {140, 1100}, 1100));

    private static void check(Backend backend, Operation operation, Activation activation, double... x) {
        Trial forward = Trial.of(operation, ElementType.FLOAT32, x)
                .affine(ElementType.FLOAT32, 5)
                .activation(activation);
        check(backend, GradientTrial.of(forward));
    }

    private static void check(Backend backend, GradientTrial trial) {
        trial.check(
                trial.run(backend.session()), trial + " on " + backend.device().description());
    }

    @OnEveryDevice
    void aMeanOfTenThousandDeviations(Backend backend) {
        for (Operation operation : EACH_KIND) {
            double[] x = Values.normal(ElementType.FLOAT32, 3, operation.elements(), 1e4, 1);
            check(backend, operation, Activation.NONE, x);
        }
        // The activation's derivative is taken at the normalized value: it needs the mean's other digits too.
        Operation operation = EACH_KIND.get(0);
        check(backend, operation, Activation.SILU, Values.normal(ElementType.FLOAT32, 3, operation.elements(), 1e4, 1));
    }

    /** A gradient that is nearly the same everywhere is nearly all taken away again, and the terms of dgamma cancel. */
    @OnEveryDevice
    void gradientsWithAMeanOfTheirOwn(Backend backend) {
        for (Operation operation : EACH_KIND) {
            GradientTrial trial = GradientTrial.of(Trial.of(operation, ElementType.FLOAT32));
            check(backend, trial.dy(Values.normal(ElementType.FLOAT32, 9, operation.elements(), 3, 0.1)));
        }
    }

    @OnEveryDevice
    void scalesFarFromOne(Backend backend) {
        for (double scale : new double[] {1e-30, 1e-10, 1e15, 1e30}) {
            for (Operation operation : EACH_KIND) {
                double[] x = Values.normal(ElementType.FLOAT32, 4, operation.elements(), 0, 1);
                double[] scaled = Arrays.stream(x).map(v -> (float) (v * scale)).toArray();
                Trial forward = Trial.of(operation, ElementType.FLOAT32, scaled)
                        .affine(ElementType.FLOAT32, 5)
                        .eps(0);
                GradientTrial trial = GradientTrial.of(forward);
                // dx is of the order of 1 / scale: the gradient is scaled so that it is of the order of 1.
                double[] dy = Arrays.stream(trial.dy())
                        .map(v -> v * Math.min(1, scale))
                        .toArray();
                check(backend, trial.dy(dy));
            }
        }
    }

    @OnEveryDevice
    void threeHundredSamples(Backend backend) {
        for (Operation operation : List.of(
                Operation.groupNorm(CHANNELS_FIRST, 3, 300, 6, 7, 7),
                Operation.groupNorm(CHANNELS_LAST, 3, 300, 7, 7, 6),
                Operation.instanceNorm(CHANNELS_FIRST, 300, 2, 100),
                Operation.groupNorm(CHANNELS_FIRST, 2, 300, 70))) {
            check(
                    backend,
                    operation,
                    Activation.NONE,
                    Values.normal(ElementType.FLOAT32, 6, operation.elements(), 2, 1));
        }
    }

    @OnEveryDevice
    void setsOfSixteenMillionElements(Backend backend) {
        if (TestDevices.isSlow(backend)) {
            Operation smaller = Operation.groupNorm(CHANNELS_FIRST, 1, 1, 2, 1 << 17);
            check(backend, smaller, Activation.NONE, Values.normal(ElementType.FLOAT32, 8, 1 << 18, 5, 1));
            return;
        }
        for (Operation operation : List.of(
                Operation.groupNorm(CHANNELS_FIRST, 1, 1, 4, 1 << 22),
                Operation.groupNorm(CHANNELS_LAST, 1, 1, 1 << 22, 4),
                Operation.layerNorm(new long[] {1, 1 << 21}, 1 << 21))) {
            int count = operation.elements();
            check(backend, operation, Activation.NONE, Values.normal(ElementType.FLOAT32, 8, count, 5, 1));
        }
    }

    /** x is its own mean: nothing that x does changes the output. */
    @OnEveryDevice
    void setsOfOneElementHaveNoGradient(Backend backend) {
        for (Operation operation : List.of(
                Operation.groupNorm(CHANNELS_FIRST, 6, 3, 6, 1),
                Operation.groupNorm(CHANNELS_LAST, 6, 3, 1, 6),
                Operation.layerNorm(new long[] {5, 1}, 1))) {
            GradientTrial trial =
                    GradientTrial.of(Trial.of(operation, ElementType.FLOAT32).affine(ElementType.FLOAT32, 2));
            for (double dx : trial.run(backend.session()).input()) {
                assertEquals(0, dx, 0, trial.toString());
            }
        }
    }

    /** The bound of a parameter's gradient needs no larger element beside it. */
    @OnEveryDevice
    void oneChannelWhoseTermsCancel(Backend backend) {
        for (Operation operation : List.of(
                Operation.batchNorm(CHANNELS_FIRST, 4, 1, 900), Operation.groupNorm(CHANNELS_FIRST, 1, 5, 1, 3000))) {
            GradientTrial trial =
                    GradientTrial.of(Trial.of(operation, ElementType.FLOAT32).affine(ElementType.FLOAT32, 4));
            check(backend, trial.dy(Values.normal(ElementType.FLOAT32, 9, operation.elements(), 1, 1e-4)));
        }
    }

    /** With one sample each element is one term. Some are near the zero of the activation's derivative. */
    @OnEveryDevice
    void elementsOfOneTerm(Backend backend) {
        Operation operation = Operation.layerNorm(new long[] {1, 5000}, 5000);
        for (Activation activation : new Activation[] {Activation.NONE, Activation.SILU, Activation.GELU}) {
            check(backend, operation, activation, Values.normal(ElementType.FLOAT32, 3, 5000, 100, 1));
        }
    }

    @OnEveryDevice
    void aNaNStaysInItsSet(Backend backend) {
        Operation operation = Operation.groupNorm(CHANNELS_FIRST, 2, 2, 4, 100);
        GradientTrial trial = GradientTrial.of(Trial.of(operation, ElementType.FLOAT32));
        double[] dy = trial.dy().clone();
        dy[5] = Double.NaN;
        check(backend, trial.dy(dy));
    }
}
