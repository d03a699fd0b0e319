package io.github.clnorm.dl4j;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.type.Activation;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** DL4J's own gradient check: central differences of the loss for every parameter of a network. */
class GradientCheckTest {

    @BeforeAll
    static void differencesNeedDoubles() {
        Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE);
    }

    private static List<Supplier<ClnormLayer.Builder<?>>> layers() {
        return List.of(
                () -> new ClnormGroupNorm.Builder(2),
                () -> new ClnormInstanceNorm.Builder().affine(true),
                () -> new ClnormRmsNorm.Builder().eps(1e-5));
    }

    private static Stream<Arguments> imageNetworks() {
        return layers().stream().flatMap(builder -> Stream.of(Activation.NONE, Activation.SILU)
                .flatMap(activation -> Stream.of(CNN2DFormat.values())
                        .map(format -> Arguments.of(
                                builder.get().activation(activation).build(), format))));
    }

    @ParameterizedTest
    @MethodSource("imageNetworks")
    void betweenAConvolutionAndASoftmax(ClnormLayer norm, CNN2DFormat format) {
        check(
                Networks.started(Networks.images(DataType.DOUBLE, format, norm)),
                Networks.images(DataType.DOUBLE, format),
                Networks.labels(DataType.DOUBLE));
    }

    @ParameterizedTest
    @EnumSource(RNNFormat.class)
    void inARecurrentNetwork(RNNFormat format) {
        for (Supplier<ClnormLayer.Builder<?>> builder : layers()) {
            check(
                    Networks.started(Networks.series(
                            DataType.DOUBLE, format, builder.get().build())),
                    Networks.series(DataType.DOUBLE, format),
                    Networks.labelsOfSeries(DataType.DOUBLE, format));
        }
    }

    @Test
    void inAFeedForwardNetwork() {
        for (ClnormLayer norm : List.of(
                new ClnormGroupNorm.Builder(2).build(),
                new ClnormRmsNorm.Builder().eps(1e-5).build())) {
            check(
                    Networks.started(Networks.rows(DataType.DOUBLE, norm)),
                    Networks.random(DataType.DOUBLE, Networks.SAMPLES, 5),
                    Networks.labels(DataType.DOUBLE));
        }
    }

    @Test
    void withAnActivationThatNd4jApplies() {
        ClnormLayer norm = new ClnormGroupNorm.Builder(2)
                .activation(org.nd4j.linalg.activations.Activation.SOFTPLUS)
                .build();
        check(
                Networks.started(Networks.images(DataType.DOUBLE, CNN2DFormat.NHWC, norm)),
                Networks.images(DataType.DOUBLE, CNN2DFormat.NHWC),
                Networks.labels(DataType.DOUBLE));
    }

    @Test
    void withoutParameters() {
        check(
                Networks.started(
                        Networks.images(DataType.DOUBLE, CNN2DFormat.NCHW, new ClnormInstanceNorm.Builder().build())),
                Networks.images(DataType.DOUBLE, CNN2DFormat.NCHW),
                Networks.labels(DataType.DOUBLE));
    }

    @Test
    void inAGraph() {
        ComputationGraph graph =
                new ComputationGraph(Networks.graph(DataType.DOUBLE, new ClnormGroupNorm.Builder(2).build()));
        graph.init();
        assertTrue(GradientCheckUtil.checkGradients(new GradientCheckUtil.GraphConfig()
                .net(graph)
                .inputs(new INDArray[] {Networks.images(DataType.DOUBLE, CNN2DFormat.NCHW)})
                .labels(new INDArray[] {Networks.labels(DataType.DOUBLE)})));
    }

    private static void check(MultiLayerNetwork network, INDArray input, INDArray labels) {
        assertTrue(GradientCheckUtil.checkGradients(
                new GradientCheckUtil.MLNConfig().net(network).input(input).labels(labels)));
    }
}
