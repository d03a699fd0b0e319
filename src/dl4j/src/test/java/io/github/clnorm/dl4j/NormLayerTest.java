package io.github.clnorm.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.type.Activation;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Results and gradients of layers next to the float64 reference. */
class NormLayerTest {

    private static final int C = 6;

    /** The reference of a shape with the channels at an axis. */
    private interface Operation {
        Reference of(long[] shape, int channelAxis);
    }

    private static Stream<Arguments> layers() {
        Operation groups = (shape, axis) -> Reference.groupNorm(shape, axis, 3);
        Operation instances = Reference::instanceNorm;
        Operation squares = (shape, axis) -> Reference.rmsNorm(shape, C);
        UnaryOperator<ClnormLayer.Builder<?>> silu = builder -> builder.activation(Activation.SILU);
        return Stream.of(CNN2DFormat.values())
                .flatMap(format -> Stream.of(
                        Arguments.of(silu.apply(new ClnormGroupNorm.Builder(3)).build(), format, groups),
                        Arguments.of(
                                silu.apply(new ClnormInstanceNorm.Builder().affine(true))
                                        .build(),
                                format,
                                instances),
                        Arguments.of(
                                silu.apply(new ClnormRmsNorm.Builder().eps(1e-5))
                                        .build(),
                                format,
                                squares)));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void resultsAndGradientsAreThoseOfTheReference(ClnormLayer norm, CNN2DFormat format, Operation operation) {
        boolean isRms = norm instanceof ClnormRmsNorm;
        org.deeplearning4j.nn.api.Layer layer = layer(norm, format, DataType.FLOAT);
        INDArray gamma = layer.getParam("gamma").assign(Networks.random(DataType.FLOAT, C));
        INDArray beta = isRms
                ? null
                : layer.getParam("beta")
                        .assign(Networks.random(DataType.FLOAT, C).mul(0.5));
        INDArray x = input(format, DataType.FLOAT).addi(2);
        INDArray dy = input(format, DataType.FLOAT).muli(3);
        INDArray y = layer.activate(x, true, LayerWorkspaceMgr.noWorkspaces());
        Pair<Gradient, INDArray> gradients = layer.backpropGradient(dy, LayerWorkspaceMgr.noWorkspaces());

        // The reference takes RMSNorm's channels last.
        boolean moves = isRms && format == CNN2DFormat.NCHW;
        INDArray in = (moves ? x.permute(0, 2, 3, 1) : x).dup('c');
        INDArray gradient = (moves ? dy.permute(0, 2, 3, 1) : dy).dup('c');
        Reference reference = operation
                .of(in.shape(), moves || format == CNN2DFormat.NHWC ? -1 : 1)
                .affine(gamma.toDoubleVector(), beta == null ? null : beta.toDoubleVector())
                .activation(Nonlinearity.SILU);
        double[] values = in.data().asDouble();
        double[] incoming = gradient.data().asDouble();
        Reference.Gradients expected = reference.gradients(i -> values[i], i -> incoming[i]);
        assertClose(4e-6, reference.normalize(i -> values[i]), moves ? y.permute(0, 2, 3, 1) : y);
        INDArray dx = gradients.getSecond();
        assertClose(2e-5, expected.input(), moves ? dx.permute(0, 2, 3, 1) : dx);
        assertClose(2e-5, expected.weight(), gradients.getFirst().getGradientFor("gamma"));
        if (!isRms) {
            assertClose(2e-5, expected.bias(), gradients.getFirst().getGradientFor("beta"));
        }
    }

    private static void assertClose(double bound, double[] expected, INDArray actual) {
        double[] values = actual.dup('c').data().asDouble();
        assertEquals(expected.length, values.length);
        for (int i = 0; i < values.length; i++) {
            double error = Math.abs(values[i] - expected[i]) / (1 + Math.abs(expected[i]));
            assertTrue(error <= bound, "element " + i + " is " + values[i] + ", expected " + expected[i]);
        }
    }

    private static org.deeplearning4j.nn.api.Layer layer(ClnormLayer norm, CNN2DFormat format, DataType type) {
        MultiLayerNetwork network = Networks.started(Networks.settings(type)
                .list()
                .layer(norm)
                .setInputType(InputType.convolutional(3, 4, C, format))
                .build());
        network.initGradientsView();
        return network.getLayer(0);
    }

    private static INDArray input(CNN2DFormat format, DataType type) {
        return format == CNN2DFormat.NCHW ? Networks.random(type, 2, C, 3, 4) : Networks.random(type, 2, 3, 4, C);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE", "HALF"})
    void everyTypeTrainsInItsOwnType(DataType type) {
        org.deeplearning4j.nn.api.Layer layer = layer(new ClnormGroupNorm.Builder(3).build(), CNN2DFormat.NCHW, type);
        INDArray x = input(CNN2DFormat.NCHW, type);
        INDArray y = layer.activate(x, true, LayerWorkspaceMgr.noWorkspaces());
        Pair<Gradient, INDArray> gradients = layer.backpropGradient(x, LayerWorkspaceMgr.noWorkspaces());
        assertEquals(type, y.dataType());
        assertEquals(type, gradients.getSecond().dataType());
        assertEquals(type, gradients.getFirst().getGradientFor("gamma").dataType());
        double[] values = x.dup('c').data().asDouble();
        double rounding = type == DataType.FLOAT16 ? 0x1p-10 : 4e-6;
        assertClose(rounding, Reference.groupNorm(x.shape(), 1, 3).normalize(i -> values[i]), y);
    }

    @Test
    void inputsInOtherOrdersGiveTheSameBits() {
        org.deeplearning4j.nn.api.Layer layer =
                layer(new ClnormGroupNorm.Builder(3).build(), CNN2DFormat.NCHW, DataType.FLOAT);
        INDArray x = input(CNN2DFormat.NCHW, DataType.FLOAT);
        INDArray expected =
                layer.activate(x, true, LayerWorkspaceMgr.noWorkspaces()).dup();
        INDArray dx = layer.backpropGradient(x, LayerWorkspaceMgr.noWorkspaces())
                .getSecond()
                .dup();
        INDArray strided = Nd4j.createUninitialized(DataType.FLOAT, new long[] {2, 3, 4, C}, 'c')
                .permute(0, 3, 1, 2);
        strided.assign(x);
        for (INDArray other : new INDArray[] {x.dup('f'), strided}) {
            assertEquals(expected, layer.activate(other, true, LayerWorkspaceMgr.noWorkspaces()));
            assertEquals(
                    dx,
                    layer.backpropGradient(other, LayerWorkspaceMgr.noWorkspaces())
                            .getSecond());
        }
    }

    @Test
    void volumesAreNormalizedAsImagesOfTheirPixels() {
        INDArray images = input(CNN2DFormat.NCHW, DataType.FLOAT);
        INDArray volumes = images.reshape(2, C, 3, 2, 2);
        for (ClnormLayer norm : List.of(
                new ClnormGroupNorm.Builder(3).nIn(C).build(),
                new ClnormInstanceNorm.Builder().nIn(C).build(),
                new ClnormRmsNorm.Builder().nIn(C).build())) {
            org.deeplearning4j.nn.api.Layer layer = Networks.started(
                            Networks.settings(DataType.FLOAT).list().layer(norm).build())
                    .getLayer(0);
            INDArray expected = layer.activate(images, false, LayerWorkspaceMgr.noWorkspaces());
            INDArray actual = layer.activate(volumes, false, LayerWorkspaceMgr.noWorkspaces());
            assertEquals(expected.dup('c'), actual.dup('c').reshape(expected.shape()));
        }
    }

    @Test
    void gradientsFollowAForwardPassOfInference() {
        // So does a frozen layer, through which gradients flow.
        org.deeplearning4j.nn.api.Layer layer =
                layer(new ClnormGroupNorm.Builder(3).build(), CNN2DFormat.NCHW, DataType.FLOAT);
        INDArray x = input(CNN2DFormat.NCHW, DataType.FLOAT);
        layer.activate(x, true, LayerWorkspaceMgr.noWorkspaces());
        INDArray expected = layer.backpropGradient(x, LayerWorkspaceMgr.noWorkspaces())
                .getSecond()
                .dup();
        layer.activate(x, false, LayerWorkspaceMgr.noWorkspaces());
        assertEquals(
                expected,
                layer.backpropGradient(x, LayerWorkspaceMgr.noWorkspaces()).getSecond());
    }

    @Test
    void largeArraysGiveTheSameGradientsInWorkspacesAsOutsideOfThem() {
        // A copy of a large array must not lie in a workspace that is reused before the backward pass.
        INDArray expected = null;
        for (WorkspaceMode mode : WorkspaceMode.values()) {
            for (CNN2DFormat format : CNN2DFormat.values()) {
                MultiLayerNetwork network = Networks.started(Networks.settings(DataType.FLOAT)
                        .trainingWorkspaceMode(mode)
                        .list()
                        .layer(new ConvolutionLayer.Builder(2, 2).nOut(16).build())
                        .layer(new ClnormGroupNorm.Builder(4)
                                .activation(Activation.SILU)
                                .build())
                        .layer(new GlobalPoolingLayer.Builder(PoolingType.AVG).build())
                        .layer(new OutputLayer.Builder()
                                .nOut(Networks.CLASSES)
                                .activation(org.nd4j.linalg.activations.Activation.SOFTMAX)
                                .build())
                        .setInputType(InputType.convolutional(65, 65, 2, format))
                        .build());
                INDArray images = Networks.random(DataType.FLOAT, Networks.SAMPLES, 2, 65, 65);
                network.setInput(
                        format == CNN2DFormat.NCHW
                                ? images
                                : images.permute(0, 2, 3, 1).dup('c'));
                network.setLabels(Networks.labels(DataType.FLOAT));
                network.computeGradientAndScore();
                INDArray gradients = network.gradient().gradient();
                if (expected == null) {
                    expected = gradients.dup();
                }
                assertTrue(expected.equalsWithEps(gradients, 1e-5), mode + " " + format);
            }
        }
        assertTrue(Networks.SAMPLES * 16 * 64 * 64 * 4 >= ArrayMemory.SHARED_BYTES, "the device works on the arrays");
    }

    @Test
    void activationsOfDl4jThatTheDeviceHasAreFused() {
        var activations = org.nd4j.linalg.activations.Activation.values();
        for (var activation : activations) {
            ClnormLayer norm =
                    new ClnormGroupNorm.Builder(3).nIn(C).activation(activation).build();
            Activation expected =
                    switch (activation) {
                        case SWISH -> Activation.SILU;
                        case RELU -> Activation.RELU;
                        default -> Activation.NONE;
                    };
            assertEquals(expected, norm.spec().activation(), activation.name());
            boolean isDone = expected != Activation.NONE || activation.name().equals("IDENTITY");
            assertEquals(isDone, norm.activationAfterwards() == null, activation.name());
        }
    }

    @Test
    void swishIsSilu() {
        INDArray x = input(CNN2DFormat.NCHW, DataType.FLOAT);
        ClnormGroupNorm swish = new ClnormGroupNorm.Builder(3)
                .activation(org.nd4j.linalg.activations.Activation.SWISH)
                .build();
        ClnormGroupNorm silu =
                new ClnormGroupNorm.Builder(3).activation(Activation.SILU).build();
        assertEquals(
                layer(silu, CNN2DFormat.NCHW, DataType.FLOAT).activate(x, false, LayerWorkspaceMgr.noWorkspaces()),
                layer(swish, CNN2DFormat.NCHW, DataType.FLOAT).activate(x, false, LayerWorkspaceMgr.noWorkspaces()));
    }

    @Test
    void aNetworkLearns() {
        MultiLayerNetwork network = Networks.started(Networks.settings(DataType.FLOAT)
                .updater(new org.nd4j.linalg.learning.config.Adam(0.05))
                .list()
                .layer(new ConvolutionLayer.Builder(2, 2).nOut(4).build())
                .layer(new ClnormGroupNorm.Builder(2)
                        .activation(Activation.SILU)
                        .build())
                .layer(new OutputLayer.Builder()
                        .nOut(Networks.CLASSES)
                        .activation(org.nd4j.linalg.activations.Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(4, 4, 2))
                .build());
        INDArray input = Networks.images(DataType.FLOAT, CNN2DFormat.NCHW);
        INDArray labels = Networks.labels(DataType.FLOAT);
        INDArray gamma = network.getParam("1_gamma").dup();
        network.fit(input, labels);
        double first = network.score();
        for (int step = 0; step < 20; step++) {
            network.fit(input, labels);
        }
        assertTrue(network.score() < 0.5 * first, first + " to " + network.score());
        assertTrue(!gamma.equals(network.getParam("1_gamma")), "gamma is trained");
    }

    @Test
    void aGradientOfAnotherShapeIsRejected() {
        var layer = layer(new ClnormRmsNorm.Builder().build(), CNN2DFormat.NCHW, DataType.FLOAT);
        LayerWorkspaceMgr workspaces = LayerWorkspaceMgr.noWorkspaces();
        layer.activate(input(CNN2DFormat.NCHW, DataType.FLOAT), true, workspaces);
        INDArray dy = Networks.random(DataType.FLOAT, 2, C, 3, 5);
        assertEquals(
                "Expected a gradient of the input's shape [2, 6, 3, 4] for ClnormRmsNorm \"layer0\", but got shape "
                        + "[2, 6, 3, 5]",
                assertThrows(DL4JInvalidInputException.class, () -> layer.backpropGradient(dy, workspaces))
                        .getMessage());
    }

    /** The device may work on the array itself. */
    @Test
    void anInputThatIsClosedBeforeTheBackwardPassIsMissed() {
        for (int side : new int[] {4, 160}) {
            var layer = layer(new ClnormGroupNorm.Builder(2).build(), CNN2DFormat.NCHW, DataType.FLOAT);
            INDArray x = Networks.random(DataType.FLOAT, 1, C, side, side);
            LayerWorkspaceMgr workspaces = LayerWorkspaceMgr.noWorkspaces();
            layer.setInput(x, workspaces);
            INDArray y = layer.activate(true, workspaces);
            x.close();
            String message = assertThrows(IllegalStateException.class, () -> layer.backpropGradient(y, workspaces))
                    .getMessage();
            assertTrue(message.contains("closed before the backward pass"), message);
        }
    }
}
