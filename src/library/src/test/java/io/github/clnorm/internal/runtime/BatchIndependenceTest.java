package io.github.clnorm.internal.runtime;

import static io.github.clnorm.testing.Errors.assertSameBits;
import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static io.github.clnorm.type.Layout.CHANNELS_LAST;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Tag;

/** A sample's bits do not depend on its batch, nor on how often it is computed; relations between operations hold. */
@Tag("slow")
@Tag("device")
class BatchIndependenceTest {

    /** Operations whose sets belong to samples, by the size of the batch. */
    private static final List<LongFunction<Operation>> OF_SAMPLES = List.of(
            n -> Operation.groupNorm(CHANNELS_FIRST, 3, n, 6, 5),
            n -> Operation.groupNorm(CHANNELS_FIRST, 3, n, 6, 33, 31),
            n -> Operation.groupNorm(CHANNELS_FIRST, 3, n, 6, 1),
            n -> Operation.groupNorm(CHANNELS_FIRST, 3, n, 6, 20_000),
            n -> Operation.groupNorm(CHANNELS_LAST, 3, n, 130, 6),
            n -> Operation.groupNorm(CHANNELS_LAST, 2, n, 33, 31, 70),
            n -> Operation.groupNorm(CHANNELS_LAST, 1, n, 50, 30),
            n -> Operation.instanceNorm(CHANNELS_LAST, n, 200, 5),
            n -> Operation.layerNorm(new long[] {n, 3, 70}, 3, 70),
            n -> Operation.rmsNorm(new long[] {n, 1500}, 1500));

    private static double[] run(Backend backend, Operation operation, double... x) {
        return Trial.of(operation, ElementType.FLOAT32, x)
                .affine(ElementType.FLOAT32, 5)
                .run(backend.session())
                .output();
    }

    @OnEveryDevice
    void aSampleAloneHasTheBitsItHasInABatch(Backend backend) {
        for (LongFunction<Operation> operations : OF_SAMPLES) {
            Operation batch = operations.apply(9);
            int size = batch.elements() / 9;
            double[] x = Values.normal(ElementType.FLOAT32, 1, 9 * size, 10, 2);
            double[] y = run(backend, batch, x);
            for (int n : new int[] {0, 4, 8}) {
                assertSameBits(
                        Arrays.copyOfRange(y, n * size, (n + 1) * size),
                        run(backend, operations.apply(1), Arrays.copyOfRange(x, n * size, (n + 1) * size)),
                        "sample " + n + " of " + batch);
            }
        }
    }

    @OnEveryDevice
    void permutingSamplesPermutesResults(Backend backend) {
        for (LongFunction<Operation> operations : OF_SAMPLES) {
            Operation operation = operations.apply(3);
            int size = operation.elements() / 3;
            double[] x = Values.normal(ElementType.FLOAT32, 2, 3 * size, 0, 1);
            double[] permuted = new double[x.length];
            int[] order = {2, 0, 1};
            for (int n = 0; n < 3; n++) {
                System.arraycopy(x, order[n] * size, permuted, n * size, size);
            }
            double[] y = run(backend, operation, x);
            double[] z = run(backend, operation, permuted);
            for (int n = 0; n < 3; n++) {
                assertSameBits(
                        Arrays.copyOfRange(y, order[n] * size, (order[n] + 1) * size),
                        Arrays.copyOfRange(z, n * size, (n + 1) * size),
                        "sample " + n + " of " + operation);
            }
        }
    }

    @OnEveryDevice
    void twoRunsGiveTheSameBits(Backend backend) {
        for (Operation operation : List.of(
                Operation.groupNorm(CHANNELS_FIRST, 4, 2, 8, 5000),
                Operation.batchNorm(CHANNELS_FIRST, 4, 8, 700),
                Operation.batchNorm(CHANNELS_LAST, 4, 700, 8))) {
            double[] x = Values.normal(ElementType.FLOAT32, 4, operation.elements(), 5, 1);
            assertSameBits(run(backend, operation, x), run(backend, operation, x), operation + ", second run");
        }
    }

    @OnEveryDevice
    void instanceNormIsGroupNormWithAGroupAChannel(Backend backend) {
        double[] x = Values.normal(ElementType.FLOAT32, 6, 3 * 5 * 77, 1, 2);
        assertSameBits(
                run(backend, Operation.groupNorm(CHANNELS_FIRST, 5, 3, 5, 77), x),
                run(backend, Operation.instanceNorm(CHANNELS_FIRST, 3, 5, 77), x),
                "channels first");
        assertSameBits(
                run(backend, Operation.groupNorm(CHANNELS_LAST, 5, 3, 77, 5), x),
                run(backend, Operation.instanceNorm(CHANNELS_LAST, 3, 77, 5), x),
                "channels last");
    }

    @OnEveryDevice
    void groupNormWithOneGroupIsLayerNorm(Backend backend) {
        double[] x = Values.normal(ElementType.FLOAT32, 7, 3 * 6 * 300, 1, 2);
        double[] expected = Trial.of(Operation.layerNorm(new long[] {3, 6, 300}, 6, 300), ElementType.FLOAT32, x)
                .run(backend.session())
                .output();
        for (Operation operation : List.of(
                Operation.groupNorm(CHANNELS_FIRST, 1, 3, 6, 300), Operation.groupNorm(CHANNELS_LAST, 1, 3, 6, 300))) {
            assertSameBits(
                    expected,
                    Trial.of(operation, ElementType.FLOAT32, x)
                            .run(backend.session())
                            .output(),
                    operation.toString());
        }
    }

    /** Evaluation is a function of an element and its channel: the layout must not show. */
    @OnEveryDevice
    void evaluationOfChannelsFirstAndLastHasTheSameBits(Backend backend) {
        for (int positions : new int[] {1, 7, 64, 1300}) {
            int samples = 3;
            int channels = 5;
            Operation first = Operation.evaluation(CHANNELS_FIRST, samples, channels, positions);
            Operation last = Operation.evaluation(CHANNELS_LAST, samples, positions, channels);
            double[] x = Values.normal(ElementType.FLOAT32, 8, first.elements(), 3, 2);
            double[] y = run(backend, first, x);
            double[] z = run(backend, last, moved(x, samples, channels, positions));
            assertSameBits(moved(y, samples, channels, positions), z, positions + " positions");
        }
    }

    private static double[] moved(double[] x, int samples, int channels, int positions) {
        double[] last = new double[x.length];
        for (int n = 0; n < samples; n++) {
            for (int c = 0; c < channels; c++) {
                for (int s = 0; s < positions; s++) {
                    last[(n * positions + s) * channels + c] = x[(n * channels + c) * positions + s];
                }
            }
        }
        return last;
    }
}
