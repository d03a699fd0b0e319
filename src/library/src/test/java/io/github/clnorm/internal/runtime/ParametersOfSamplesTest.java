package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static io.github.clnorm.type.Layout.CHANNELS_LAST;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.type.ElementType;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;

/** Passes whose samples have parameters of their own: the promise of the same bits for every plan. */
@Tag("slow")
@Tag("device")
@Tag("conformance")
class ParametersOfSamplesTest {

    /** Few and many channels; tiles of 128 rows that end in a sample, short rows, rows of several blocks. */
    private static final List<Operation> OPERATIONS = List.of(
            Operation.groupNormOfSamples(CHANNELS_FIRST, 2, 3, 4, 65),
            Operation.groupNormOfSamples(CHANNELS_FIRST, 3, 7, 210),
            Operation.groupNormOfSamples(CHANNELS_LAST, 5, 3, 131, 15),
            Operation.groupNormOfSamples(CHANNELS_LAST, 1, 2, 9, 20),
            Operation.layerNormOfSamples(new long[] {2, 131, 66}, 66),
            Operation.layerNormOfSamples(new long[] {3, 2, 150, 7}, 7),
            Operation.layerNormOfSamples(new long[] {3, 2, 1100}, 1100),
            Operation.layerNormOfSamples(new long[] {4, 70}, 70));

    @OnEveryDevice
    void everyPlanGivesTheSameBits(Backend backend) {
        for (Operation operation : OPERATIONS) {
            PlanComparison.ofFewPlans(
                    backend, Trial.of(operation, ElementType.FLOAT32).affine(ElementType.FLOAT32, 1), 2);
        }
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsForGradients(Backend backend) {
        GradientComparison.ofPlans(backend, OPERATIONS, 2);
    }

    /** y and dx are those of a pass whose samples share their parameters, if all samples have the same. */
    @OnEveryDevice
    void equalParametersGiveTheBitsOfSharedOnes(Backend backend) {
        same(
                backend,
                3,
                Operation.groupNorm(CHANNELS_FIRST, 2, 3, 4, 65),
                Operation.groupNormOfSamples(CHANNELS_FIRST, 2, 3, 4, 65));
        same(
                backend,
                3,
                Operation.groupNorm(CHANNELS_LAST, 5, 3, 131, 15),
                Operation.groupNormOfSamples(CHANNELS_LAST, 5, 3, 131, 15));
        same(
                backend,
                2,
                Operation.layerNorm(new long[] {2, 131, 66}, 66),
                Operation.layerNormOfSamples(new long[] {2, 131, 66}, 66));
    }

    private static void same(Backend backend, int samples, Operation shared, Operation own) {
        Session session = backend.session();
        Trial plain = Trial.of(shared, ElementType.FLOAT32).affine(ElementType.FLOAT32, 1);
        Trial ofSamples = Trial.of(own, ElementType.FLOAT32)
                .affine(ElementType.FLOAT32, repeated(samples, plain.weight()), repeated(samples, plain.bias()));
        Errors.assertSameBits(
                plain.run(session).output(), ofSamples.run(session).output(), own + ", output");
        Errors.assertSameBits(
                GradientTrial.of(plain).run(session).input(),
                GradientTrial.of(ofSamples).run(session).input(),
                own + ", dx");
    }

    private static double[] repeated(int times, double... values) {
        return IntStream.range(0, times)
                .boxed()
                .flatMapToDouble(unused -> DoubleStream.of(values))
                .toArray();
    }
}
