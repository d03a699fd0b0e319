package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Batch norm over several participants: numbers, bits for each division of the batch, and failures. */
@Tag("device")
@SuppressWarnings("try")
class SyncBatchNormTest {

    private static final int SAMPLES = 6;
    private static final int CHANNELS = 3;

    /** A step of training: forward and backward of a batch. */
    private record Step(
            Backend backend,
            ElementType type,
            Layout layout,
            Activation activation,
            int positions,
            double mean,
            boolean whole) {

        int ofSample() {
            return CHANNELS * positions;
        }

        long[] shape(int samples) {
            return layout == Layout.CHANNELS_FIRST
                    ? new long[] {samples, CHANNELS, positions}
                    : new long[] {samples, positions, CHANNELS};
        }

        double[] x() {
            return Values.normal(type, 1, SAMPLES * ofSample(), mean, 1);
        }

        double[] dy() {
            return Values.normal(type, 2, SAMPLES * ofSample(), 0.3, 1);
        }

        float[] gammas() {
            return Values.normal(3, CHANNELS, 1, 0.5);
        }

        float[] betas() {
            return Values.normal(4, CHANNELS, 0, 1);
        }

        SyncBatchNorm layer(StatisticsExchange exchange) {
            SyncBatchNorm layer = SyncBatchNorm.builder(backend, CHANNELS, exchange)
                    .layout(layout)
                    .activation(activation)
                    .parameterType(type.accumulator())
                    .statisticsType(type.accumulator())
                    .momentum(0.25)
                    .wholeBatchGradients(whole)
                    .build();
            layer.weight().set(gammas());
            layer.bias().set(betas());
            return layer;
        }

        /** The results of the samples `from` .. `to` - 1. */
        Results part(StatisticsExchange exchange, int from, int to) {
            int first = from * ofSample();
            int end = to * ofSample();
            try (SyncBatchNorm layer = layer(exchange);
                    Tensor x = backend.tensor(type, Arrays.copyOfRange(x(), first, end), shape(to - from));
                    Tensor dy = backend.tensor(type, Arrays.copyOfRange(dy(), first, end), shape(to - from));
                    Recorded pass = layer.record(x);
                    Gradients gradients = pass.backward(dy)) {
                assertEquals(1, layer.numBatchesTracked());
                return new Results(
                        pass.output().toDoubles(),
                        gradients.input().toDoubles(),
                        gradients.weight().toDoubles(),
                        gradients.bias().toDoubles(),
                        layer.runningMean().toDoubles(),
                        layer.runningVar().toDoubles());
            }
        }

        /** The results of the whole batch, divided at some samples. */
        Results divided(int... ends) throws InterruptedException {
            List<Results> parts = Participants.results(Participants.start(
                    StatisticsExchange.inProcess(ends.length),
                    (exchange, number) -> part(exchange, number == 0 ? 0 : ends[number - 1], ends[number])));
            Results first = parts.get(0);
            double[] weight = new double[CHANNELS];
            double[] bias = new double[CHANNELS];
            for (Results part : parts) {
                Errors.assertSameBits(first.runningMean, part.runningMean, "running mean of the others");
                Errors.assertSameBits(first.runningVar, part.runningVar, "running variance of the others");
                for (int c = 0; c < CHANNELS; c++) {
                    weight[c] = whole ? part.weight[c] : weight[c] + part.weight[c];
                    bias[c] = whole ? part.bias[c] : bias[c] + part.bias[c];
                }
            }
            return new Results(
                    joined(parts.stream().map(Results::y).toList()),
                    joined(parts.stream().map(Results::dx).toList()),
                    weight,
                    bias,
                    first.runningMean,
                    first.runningVar);
        }

        private static double[] joined(List<double[]> parts) {
            return parts.stream().flatMapToDouble(Arrays::stream).toArray();
        }

        void checkNumbers(Results results) {
            double[] x = x();
            double[] dy = dy();
            Reference reference = Reference.batchNorm(shape(SAMPLES), layout.channelAxis(3))
                    .affine(Values.doubles(gammas()), Values.doubles(betas()))
                    .activation(activation == Activation.NONE ? Nonlinearity.NONE : Nonlinearity.GELU);
            Reference.Gradients expected = reference.gradients(i -> x[i], i -> dy[i]);
            Reference.Moments moments = reference.moments(i -> x[i]);
            Errors.assertClose(type, reference.normalize(i -> x[i]), results.y, Errors.bound(type), this + ", y");
            Errors.assertClose(type, expected.input(), results.dx, Errors.gradientBound(type), this + ", dx");
            Reference.Magnitudes terms = reference.magnitudes(moments, i -> x[i], i -> dy[i]);
            double bound = Errors.parameterBound(type);
            Errors.assertCloseToTerms(
                    type.accumulator(), expected.weight(), results.weight, terms.weight(), bound, this + ", dgamma");
            Errors.assertCloseToTerms(
                    type.accumulator(), expected.bias(), results.bias, terms.bias(), bound, this + ", dbeta");
            double count = (double) SAMPLES * positions;
            for (int c = 0; c < CHANNELS; c++) {
                double accuracy = type == ElementType.FLOAT64 ? 1e-13 : 1e-6;
                assertEquals(
                        0.25 * moments.mean()[c],
                        results.runningMean[c],
                        accuracy * (1 + Math.abs(moments.mean()[c])),
                        this + ", running mean");
                assertEquals(
                        0.75 + 0.25 * moments.variance()[c] * count / (count - 1),
                        results.runningVar[c],
                        accuracy * 2,
                        this + ", running variance");
            }
        }
    }

    private record Results(
            double[] y, double[] dx, double[] weight, double[] bias, double[] runningMean, double[] runningVar) {

        void assertSame(Results other, boolean withParameters, String what) {
            Errors.assertSameBits(y, other.y, what + ", y");
            Errors.assertSameBits(dx, other.dx, what + ", dx");
            Errors.assertSameBits(runningMean, other.runningMean, what + ", running mean");
            Errors.assertSameBits(runningVar, other.runningVar, what + ", running variance");
            if (withParameters) {
                Errors.assertSameBits(weight, other.weight, what + ", dgamma");
                Errors.assertSameBits(bias, other.bias, what + ", dbeta");
            }
        }
    }

    private static void check(Step step) throws InterruptedException {
        Results alone = step.divided(SAMPLES);
        step.checkNumbers(alone);
        for (int[] ends : new int[][] {{3, 6}, {1, 2, 6}, {0, 1, 2, 3, 4, 5, 6}}) {
            Results divided = step.divided(ends);
            step.checkNumbers(divided);
            alone.assertSame(divided, step.whole, step + " divided at " + Arrays.toString(ends));
        }
    }

    @OnEveryDevice
    void eachDivisionOfABatchHasTheSameBits(Backend backend) throws InterruptedException {
        Layout first = Layout.CHANNELS_FIRST;
        Layout last = Layout.CHANNELS_LAST;
        check(new Step(backend, ElementType.FLOAT32, first, Activation.NONE, 70, 3, true));
        check(new Step(backend, ElementType.FLOAT32, last, Activation.NONE, 70, 3, false));
        check(new Step(backend, ElementType.FLOAT32, first, Activation.NONE, 1100, 1e4, true));
        check(new Step(backend, ElementType.FLOAT32, first, Activation.GELU, 1, 0, true));
        check(new Step(backend, ElementType.FLOAT16, last, Activation.GELU, 25, 0.5, true));
        check(new Step(backend, ElementType.BFLOAT16, first, Activation.NONE, 70, 3, true));
        if (backend.device().fp64()) {
            check(new Step(backend, ElementType.FLOAT64, last, Activation.NONE, 70, 3, true));
        }
    }

    @OnEveryDevice
    void inEvaluationItIsBatchNorm(Backend backend) {
        try (StatisticsExchange exchange = StatisticsExchange.inProcess(2).get(0);
                SyncBatchNorm sync = SyncBatchNorm.of(backend, 3, exchange);
                BatchNorm batch = BatchNorm.of1d(backend, 3);
                Tensor x = backend.tensor(Values.normal(1, 60, 1, 2), 4, 3, 5);
                Tensor dy = backend.tensor(Values.normal(2, 60, 1, 2), 4, 3, 5)) {
            for (ChannelStatisticsNorm norm : List.of(sync, batch)) {
                norm.runningMean().set(new float[] {1, 2, 3});
                norm.runningVar().set(new float[] {4, 5, 6});
                norm.eval();
            }
            try (Tensor y = sync.forward(x);
                    Tensor expected = batch.forward(x);
                    Gradients gradients = sync.backward(dy);
                    Gradients ofBatch = batch.backward(dy)) {
                Errors.assertSameBits(expected.toFloats(), y.toFloats(), "y");
                Errors.assertSameBits(
                        ofBatch.input().toFloats(), gradients.input().toFloats(), "dx");
                Errors.assertSameBits(
                        ofBatch.weight().toFloats(), gradients.weight().toFloats(), "dgamma");
            }
        }
    }

    @Test
    void withoutTrackingEvaluationTakesTheInputsOwnStatistics() {
        Backend backend = TestDevices.first();
        try (StatisticsExchange exchange = StatisticsExchange.inProcess(2).get(0);
                SyncBatchNorm sync = SyncBatchNorm.builder(backend, 3, exchange)
                        .trackRunningStats(false)
                        .affine(false)
                        .build();
                BatchNorm batch = BatchNorm.builder(backend, 3, 1)
                        .trackRunningStats(false)
                        .affine(false)
                        .build();
                Tensor x = backend.tensor(Values.normal(1, 60, 1, 2), 4, 3, 5)) {
            sync.eval();
            batch.eval();
            try (Tensor y = sync.forward(x);
                    Tensor expected = batch.forward(x);
                    Gradients gradients = sync.backward(x);
                    Gradients ofBatch = batch.backward(x)) {
                Errors.assertSameBits(expected.toFloats(), y.toFloats(), "y");
                Errors.assertSameBits(
                        ofBatch.input().toFloats(), gradients.input().toFloats(), "dx");
            }
        }
    }

    @Test
    void oneParticipantIsBatchNormWithinTheBounds() {
        Backend backend = TestDevices.first();
        try (StatisticsExchange exchange = StatisticsExchange.inProcess(1).get(0);
                SyncBatchNorm sync = SyncBatchNorm.builder(backend, 3, exchange)
                        .cumulativeAverage()
                        .build();
                BatchNorm batch =
                        BatchNorm.builder(backend, 3, 1).cumulativeAverage().build()) {
            for (int step = 0; step < 3; step++) {
                // Two passes of each, one of which saves nothing.
                try (Tensor x = backend.tensor(Values.normal(step, 60, step, 2), 4, 3, 5);
                        Tensor residual = backend.tensor(Values.normal(9, 60, 0, 2), 4, 3, 5);
                        Tensor y = sync.forward(x, Options.DEFAULTS.residual(residual));
                        Tensor inferred = sync.infer(x, Options.DEFAULTS.residual(residual));
                        Tensor expected = batch.forward(x, Options.DEFAULTS.residual(residual));
                        Tensor again = batch.infer(x, Options.DEFAULTS.residual(residual));
                        Gradients gradients = sync.backward(residual);
                        Gradients ofBatch = batch.backward(residual)) {
                    close(expected, y);
                    close(ofBatch.input(), gradients.input());
                    close(ofBatch.weight(), gradients.weight());
                    close(ofBatch.bias(), gradients.bias());
                    close(batch.runningMean(), sync.runningMean());
                    close(batch.runningVar(), sync.runningVar());
                    Errors.assertSameBits(y.toFloats(), inferred.toFloats(), "infer");
                }
            }
            assertEquals(6, sync.numBatchesTracked());
        }
    }

    private static void close(Tensor expected, Tensor actual) {
        Errors.assertClose(expected.toDoubles(), actual.toFloats(), Errors.BACKWARD, "as BatchNorm");
    }

    @Test
    void anInputThatIsRejectedMakesTheOthersFail() throws InterruptedException {
        Backend backend = TestDevices.first();
        List<FutureTask<Tensor>> tasks = Participants.start(StatisticsExchange.inProcess(3), (exchange, number) -> {
            try (SyncBatchNorm layer = SyncBatchNorm.of(backend, 3, exchange);
                    Tensor x = backend.tensor(
                            new float[number == 1 ? 20 : 12], 2, number == 1 ? 2 : 3, number == 1 ? 5 : 2)) {
                return layer.infer(x);
            }
        });
        assertEquals(
                "running_mean should contain 2 elements not 3",
                Participants.failure(tasks.get(1)).getMessage());
        for (int number : new int[] {0, 2}) {
            Throwable failure = Participants.failure(tasks.get(number));
            assertInstanceOf(ExchangeException.class, failure);
            assertTrue(failure.getMessage().contains("participant 1 of 3 failed"), failure.getMessage());
        }
    }

    @Test
    void oneValuePerChannelOfAllParticipantsIsRejectedByAll() throws InterruptedException {
        Backend backend = TestDevices.first();
        List<FutureTask<Tensor>> tasks = Participants.start(StatisticsExchange.inProcess(2), (exchange, number) -> {
            try (SyncBatchNorm layer = SyncBatchNorm.of(backend, 3, exchange);
                    Tensor x = backend.empty(number, 3)) {
                return layer.infer(x);
            }
        });
        for (FutureTask<Tensor> task : tasks) {
            String message = Participants.failure(task).getMessage();
            assertTrue(
                    message.startsWith("Expected more than 1 value per channel when training, got 1 value of 2"
                            + " participants, and input size ["),
                    message);
        }
    }

    @Test
    void backwardWithoutForwardAndAClosedLayerAreRejected() {
        Backend backend = TestDevices.first();
        StatisticsExchange exchange = StatisticsExchange.inProcess(1).get(0);
        try (SyncBatchNorm layer = SyncBatchNorm.of(backend, 3, exchange);
                Tensor x = backend.tensor(Values.normal(1, 12, 0, 1), 2, 3, 2)) {
            layer.close();
            assertThrows(IllegalStateException.class, () -> layer.record(x));
        }
        StatisticsExchange another = StatisticsExchange.inProcess(1).get(0);
        try (SyncBatchNorm layer = SyncBatchNorm.of(backend, 3, another);
                Tensor x = backend.tensor(Values.normal(1, 12, 0, 1), 2, 3, 2)) {
            assertThrows(IllegalStateException.class, () -> layer.backward(x));
            assertThrows(ExchangeException.class, () -> layer.record(x), "the others must not wait");
        }
    }

    @Test
    void unwantedGradientsAreNull() {
        Backend backend = TestDevices.first();
        try (StatisticsExchange exchange = StatisticsExchange.inProcess(1).get(0);
                SyncBatchNorm layer = SyncBatchNorm.of(backend, 3, exchange);
                Tensor x = backend.tensor(Values.normal(1, 12, 0, 1), 2, 3, 2);
                Recorded pass = layer.record(x);
                Gradients ofInput = pass.backward(x, GradientOptions.DEFAULTS.wanted(true, false, false));
                Gradients ofBias = pass.backward(x, GradientOptions.DEFAULTS.wanted(false, false, true))) {
            assertNull(ofInput.weight());
            assertNull(ofInput.bias());
            assertNull(ofBias.input());
            assertEquals(12, ofInput.input().elements());
            assertEquals(3, ofBias.bias().elements());
            assertEquals(
                    "SyncBatchNorm(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)",
                    layer.toString());
            List<String> names = new ArrayList<>(layer.state().keySet());
            assertEquals(List.of("weight", "bias", "running_mean", "running_var"), names);
        }
    }
}
