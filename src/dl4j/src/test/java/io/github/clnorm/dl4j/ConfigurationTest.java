package io.github.clnorm.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.regularization.L1Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;

/** What a layer's configuration takes, keeps and rejects. */
class ConfigurationTest {

    private static List<ClnormLayer> variants() {
        return List.of(
                new ClnormGroupNorm.Builder(2)
                        .activation(Activation.SILU)
                        .name("norm")
                        .build(),
                new ClnormGroupNorm.Builder(4)
                        .eps(1e-3)
                        .affine(false)
                        .device("cpu")
                        .build(),
                new ClnormGroupNorm.Builder(1)
                        .activation(org.nd4j.linalg.activations.Activation.TANH)
                        .l2(0.1)
                        .build(),
                new ClnormInstanceNorm.Builder().build(),
                new ClnormInstanceNorm.Builder()
                        .affine(true)
                        .activation(Activation.GELU)
                        .build(),
                new ClnormRmsNorm.Builder().build(),
                new ClnormRmsNorm.Builder().eps(0).activation(Activation.RELU).build());
    }

    @Test
    void networksToJsonAndBackAreEqual() {
        for (ClnormLayer norm : variants()) {
            for (CNN2DFormat format : CNN2DFormat.values()) {
                MultiLayerConfiguration network = Networks.images(DataType.FLOAT, format, norm.clone());
                MultiLayerConfiguration read = MultiLayerConfiguration.fromJson(network.toJson());
                assertEquals(network, read);
                assertEquals(network.toJson(), read.toJson());
                assertEquals(
                        network.getConf(1).getLayer().hashCode(),
                        read.getConf(1).getLayer().hashCode());
            }
            ComputationGraphConfiguration graph = Networks.graph(DataType.FLOAT, norm.clone());
            assertEquals(graph, ComputationGraphConfiguration.fromJson(graph.toJson()));
        }
    }

    @Test
    void layersThatDifferAreNotEqual() {
        for (ClnormLayer a : variants()) {
            for (ClnormLayer b : variants()) {
                boolean isSame = a.toString().equals(b.toString());
                assertEquals(isSame, a.equals(b), a + " and " + b);
            }
        }
        assertNotEquals(
                new ClnormGroupNorm.Builder(2).build(),
                new ClnormGroupNorm.Builder(2).eps(1e-6).build());
    }

    @Test
    void channelsAndLayoutFollowFromTheInputType() {
        Map<InputType, Layout> types = Map.of(
                InputType.convolutional(5, 6, 8, CNN2DFormat.NCHW), Layout.CHANNELS_FIRST,
                InputType.convolutional(5, 6, 8, CNN2DFormat.NHWC), Layout.CHANNELS_LAST,
                InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 3, 5, 6, 8), Layout.CHANNELS_FIRST,
                InputType.convolutional3D(Convolution3D.DataFormat.NDHWC, 3, 5, 6, 8), Layout.CHANNELS_LAST,
                InputType.recurrent(8, 5, RNNFormat.NCW), Layout.CHANNELS_FIRST,
                InputType.recurrent(8, 5, RNNFormat.NWC), Layout.CHANNELS_LAST,
                InputType.feedForward(8), Layout.CHANNELS_FIRST);
        types.forEach((type, layout) -> {
            ClnormGroupNorm norm = new ClnormGroupNorm.Builder(2).build();
            norm.setNIn(type, true);
            assertEquals(8, norm.getNOut(), type.toString());
            assertEquals(layout, norm.getLayout(), type.toString());
            assertEquals(type, norm.getOutputType(0, type));
            assertEquals(16, norm.initializer().numParams(norm));
        });
    }

    /** DL4J tells the layer after Convolution3D that its output is NDHWC although it is NCDHW. */
    @Test
    void aLayoutThatTheLayerNamesWins() {
        for (Layout layout : Layout.values()) {
            MultiLayerConfiguration network = Networks.settings(DataType.FLOAT)
                    .list()
                    .layer(new Convolution3D.Builder(2, 2, 2)
                            .dataFormat(Convolution3D.DataFormat.NCDHW)
                            .nOut(4)
                            .build())
                    .layer(new ClnormGroupNorm.Builder(2).layout(layout).build())
                    .layer(new ClnormRmsNorm.Builder().build())
                    .setInputType(InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 5, 6, 7, 2))
                    .build();
            ClnormLayer norm = (ClnormLayer) network.getConf(1).getLayer();
            assertEquals(layout, norm.getLayout());
            assertEquals(layout, ((ClnormLayer) network.getConf(2).getLayer()).getLayout(), "the next layer's");
            ClnormLayer read = (ClnormLayer) MultiLayerConfiguration.fromJson(network.toJson())
                    .getConf(1)
                    .getLayer();
            assertEquals(norm, read);
            MultiLayerNetwork running = Networks.started(network);
            if (layout == Layout.CHANNELS_FIRST) {
                assertEquals(
                        4,
                        running.output(Networks.random(DataType.FLOAT, 1, 2, 5, 6, 7))
                                .size(1));
            } else {
                String message = assertThrows(
                                DL4JInvalidInputException.class,
                                () -> running.output(Networks.random(DataType.FLOAT, 1, 2, 5, 6, 7)))
                        .getMessage();
                assertTrue(message.contains("set layout(Layout.CHANNELS_FIRST)"), message);
            }
        }
    }

    @Test
    void theNetworksDropOutDoesNotApply() {
        MultiLayerConfiguration network = Networks.settings(DataType.FLOAT)
                .dropOut(0.5)
                .list()
                .layer(new ClnormGroupNorm.Builder(2).build())
                .layer(new ClnormGroupNorm.Builder(2).dropOut(0.25).build())
                .setInputType(InputType.feedForward(8))
                .build();
        assertFalse(((ClnormLayer) network.getConf(0).getLayer()).dropsInput());
        assertTrue(((ClnormLayer) network.getConf(1).getLayer()).dropsInput());
        ClnormLayer read = (ClnormLayer)
                MultiLayerConfiguration.fromJson(network.toJson()).getConf(1).getLayer();
        assertTrue(read.dropsInput());
        MultiLayerNetwork running = Networks.started(network);
        INDArray x = Networks.random(DataType.FLOAT, 2, 8);
        assertEquals(
                running.feedForwardToLayer(0, x, false).get(1),
                running.feedForwardToLayer(0, x, true).get(1));
    }

    @Test
    void savedSettingsThatDoNotFitAreRejected() {
        MultiLayerConfiguration network = Networks.rows(
                DataType.FLOAT, new ClnormGroupNorm.Builder(2).eps(0.25).build());
        for (String[] change : new String[][] {
            {"\"groups\" : 2", "\"groups\" : 0", "num_groups"}, {"\"eps\" : 0.25", "\"eps\" : -0.5", "eps of 0 or more"}
        }) {
            String json = network.toJson();
            assertTrue(json.contains(change[0]), json);
            String message = assertThrows(
                            DL4JInvalidConfigException.class,
                            () -> Networks.started(
                                    MultiLayerConfiguration.fromJson(json.replace(change[0], change[1]))))
                    .getMessage();
            assertTrue(message.contains(change[2]), message);
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> new ClnormGroupNorm.Builder(2).nIn(8).nOut(4).build());
    }

    @Test
    void flattenedImagesBecomeImages() {
        MultiLayerNetwork network = Networks.started(Networks.settings(DataType.FLOAT)
                .list()
                .layer(new ClnormGroupNorm.Builder(2).build())
                .layer(new ConvolutionLayer.Builder(2, 2).nOut(3).build())
                .setInputType(InputType.convolutionalFlat(4, 4, 2))
                .build());
        assertEquals(
                List.of(1L, 3L, 3L, 3L),
                java.util.Arrays.stream(network.output(Networks.random(DataType.FLOAT, 1, 32))
                                .shape())
                        .boxed()
                        .toList());
    }

    @Test
    void theNetworksRegularizationAndActivationAreNotInherited() {
        MultiLayerConfiguration network = Networks.settings(DataType.FLOAT)
                .updater(new Adam(0.01))
                .l1(0.5)
                .l1Bias(0.25)
                .list()
                .layer(new ClnormGroupNorm.Builder(2).build())
                .layer(new ClnormGroupNorm.Builder(2).l2(0.125).build())
                .setInputType(InputType.feedForward(4))
                .build();
        ClnormLayer plain = (ClnormLayer) network.getConf(0).getLayer();
        ClnormLayer own = (ClnormLayer) network.getConf(1).getLayer();
        assertNull(plain.getRegularizationByParam("gamma"));
        assertNull(plain.getRegularizationByParam("beta"));
        // DL4J's own list has the network's l1, too.
        assertEquals(2, own.getRegularization().size());
        assertEquals(1, own.getRegularizationByParam("gamma").size());
        assertNull(own.getRegularizationByParam("beta"));
        assertSame(plain.getIUpdater(), plain.getUpdaterByParam("gamma"));
        assertEquals(new Adam(0.01), plain.getUpdaterByParam("beta"));
        assertEquals(Activation.NONE, plain.spec().activation());
        assertNull(plain.activationAfterwards());
    }

    @Test
    void transferLearningForgetsTheRegularizationOfTheLayer() {
        ClnormLayer norm = new ClnormGroupNorm.Builder(2).l2(0.5).l1Bias(0.25).build();
        assertEquals(1, norm.getRegularizationByParam("beta").size());
        norm.resetLayerDefaultConfig();
        norm.setRegularization(List.of(new WeightDecay(0.1, true)));
        assertNull(norm.getRegularizationByParam("gamma"));
        assertNull(norm.getRegularizationByParam("beta"));
    }

    @Test
    void theSettingsOfFineTuningDoNotApply() {
        MultiLayerNetwork network = Networks.started(Networks.rows(
                DataType.FLOAT, new ClnormGroupNorm.Builder(2).l1(0.125).build()));
        ClnormLayer tuned = (ClnormLayer) new TransferLearning.Builder(network)
                .fineTuneConfiguration(
                        new FineTuneConfiguration.Builder().l2(0.5).dropOut(0.5).build())
                .build()
                .getLayer(1)
                .conf()
                .getLayer();
        assertEquals(List.of(new L1Regularization(0.125)), tuned.getRegularizationByParam("gamma"));
        assertNull(tuned.getRegularizationByParam("beta"));
        assertFalse(tuned.dropsInput());
    }

    @Test
    void transferLearningReplacesTheChannels() {
        MultiLayerNetwork network =
                Networks.started(Networks.rows(DataType.FLOAT, new ClnormGroupNorm.Builder(2).build()));
        MultiLayerNetwork replaced = new TransferLearning.Builder(network)
                .nOutReplace(0, 6, WeightInit.XAVIER)
                .nOutReplace(1, 6, WeightInit.XAVIER)
                .build();
        assertEquals(6, replaced.getParam("1_gamma").length());
        assertEquals(
                Networks.CLASSES,
                replaced.output(Networks.random(DataType.FLOAT, 3, 5)).size(1));
    }

    @Test
    void parametersBeginAtOneAndZero() {
        MultiLayerNetwork network =
                Networks.started(Networks.rows(DataType.FLOAT, new ClnormGroupNorm.Builder(2).build()));
        assertEquals(Networks.CHANNELS, network.getParam("1_gamma").sumNumber().doubleValue());
        assertEquals(0, network.getParam("1_beta").norm1Number().doubleValue());
        assertEquals(2L * Networks.CHANNELS, network.getLayer(1).numParams());
    }

    @Test
    void channelsThatDoNotDivideIntoGroupsAreRejected() {
        String message = assertThrows(
                        DL4JInvalidConfigException.class,
                        () -> Networks.rows(
                                DataType.FLOAT,
                                new ClnormGroupNorm.Builder(3).name("norm").build()))
                .getMessage();
        assertTrue(
                message.contains("Expected number of channels in input to be divisible by num_groups, but "
                        + "ClnormGroupNorm \"norm\" has 4 channels and num_groups=3"),
                message);
        assertEquals(
                "Expected num_groups of 1 or more, but got 0",
                assertThrows(IllegalArgumentException.class, () -> new ClnormGroupNorm.Builder(0))
                        .getMessage());
    }

    @Test
    void aWrongInputTypeIsRejected() {
        String message = assertThrows(
                        IllegalStateException.class,
                        () -> Networks.rows(DataType.FLOAT, new ClnormInstanceNorm.Builder().build()))
                .getMessage();
        assertTrue(
                message.contains(
                        "Expected input of type recurrent, CNN or CNN3D for ClnormInstanceNorm \"layer1\", but got "
                                + InputType.feedForward(4)),
                message);
    }

    @Test
    void aWrongInputIsRejected() {
        MultiLayerNetwork network = Networks.started(Networks.settings(DataType.FLOAT)
                .list()
                .layer(new ClnormGroupNorm.Builder(2).nIn(4).name("norm").build())
                .build());
        assertEquals(
                "Expected input of 2 to 5 dimensions with 4 channels at dimension 1 for ClnormGroupNorm \"norm\", but "
                        + "got shape [2, 3, 5, 5]",
                assertThrows(
                                DL4JInvalidInputException.class,
                                () -> network.output(Networks.random(DataType.FLOAT, 2, 3, 5, 5)))
                        .getMessage());
    }

    @Test
    void missingChannelsAreRejected() {
        String message = assertThrows(
                        DL4JInvalidConfigException.class,
                        () -> Networks.started(Networks.settings(DataType.FLOAT)
                                .list()
                                .layer(new ClnormRmsNorm.Builder().build())
                                .build()))
                .getMessage();
        assertEquals(
                "ClnormRmsNorm \"layer0\" at index 0 has no number of channels: set the network's input type, or nIn "
                        + "of this layer",
                message);
    }

    @Test
    void anEpsOutOfRangeIsRejected() {
        for (double eps : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertEquals(
                    "Expected eps of 0 or more, but got " + eps,
                    assertThrows(IllegalArgumentException.class, () -> new ClnormRmsNorm.Builder().eps(eps))
                            .getMessage());
        }
    }

    @Test
    void aMissingDeviceIsNamedAtTheFirstPass() {
        MultiLayerNetwork network = Networks.started(Networks.rows(
                DataType.FLOAT,
                new ClnormGroupNorm.Builder(2).device("no-such-device").build()));
        NoDeviceException e =
                assertThrows(NoDeviceException.class, () -> network.output(Networks.random(DataType.FLOAT, 3, 5)));
        assertTrue(e.getMessage().startsWith("no OpenCL device matches 'no-such-device'"), e.getMessage());
        assertEquals(1, e.getMessage().lines().count());
    }
}
