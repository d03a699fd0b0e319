package io.github.clnorm.dl4j;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Small networks with a normalization in the middle, and data for them. */
final class Networks {

    static final int SAMPLES = 3;
    static final int CHANNELS = 4;
    static final int CLASSES = 3;
    private static final int SIDE = 4;
    private static final int STEPS = 3;

    private Networks() {}

    static NeuralNetConfiguration.Builder settings(DataType type) {
        return new NeuralNetConfiguration.Builder()
                .dataType(type)
                .seed(7)
                .updater(new NoOp())
                .activation(Activation.TANH);
    }

    /** Convolution, normalization, softmax. */
    static MultiLayerConfiguration images(DataType type, CNN2DFormat format, Layer norm) {
        return settings(type)
                .list()
                .layer(new ConvolutionLayer.Builder(2, 2).nOut(CHANNELS).build())
                .layer(norm)
                .layer(classes())
                .setInputType(InputType.convolutional(SIDE, SIDE, 2, format))
                .build();
    }

    static ComputationGraphConfiguration graph(DataType type, Layer norm) {
        return settings(type)
                .graphBuilder()
                .addInputs("in")
                .addLayer(
                        "conv",
                        new ConvolutionLayer.Builder(2, 2).nOut(CHANNELS).build(),
                        "in")
                .addLayer("norm", norm, "conv")
                .addLayer("out", classes(), "norm")
                .setOutputs("out")
                .setInputTypes(InputType.convolutional(SIDE, SIDE, 2))
                .build();
    }

    static MultiLayerConfiguration series(DataType type, RNNFormat format, Layer norm) {
        return settings(type)
                .list()
                .layer(new LSTM.Builder().nOut(CHANNELS).dataFormat(format).build())
                .layer(norm)
                .layer(new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(CLASSES)
                        .activation(Activation.SOFTMAX)
                        .dataFormat(format)
                        .build())
                .setInputType(InputType.recurrent(2, STEPS, format))
                .build();
    }

    static MultiLayerConfiguration rows(DataType type, Layer norm) {
        return settings(type)
                .list()
                .layer(new DenseLayer.Builder().nOut(CHANNELS).build())
                .layer(norm)
                .layer(classes())
                .setInputType(InputType.feedForward(5))
                .build();
    }

    private static OutputLayer classes() {
        return new OutputLayer.Builder(LossFunction.MCXENT)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build();
    }

    static MultiLayerNetwork started(MultiLayerConfiguration configuration) {
        MultiLayerNetwork network = new MultiLayerNetwork(configuration);
        network.init();
        return network;
    }

    static INDArray images(DataType type, CNN2DFormat format) {
        return format == CNN2DFormat.NCHW ? random(type, SAMPLES, 2, SIDE, SIDE) : random(type, SAMPLES, SIDE, SIDE, 2);
    }

    static INDArray series(DataType type, RNNFormat format) {
        return format == RNNFormat.NCW ? random(type, SAMPLES, 2, STEPS) : random(type, SAMPLES, STEPS, 2);
    }

    /** One class for each sample. */
    static INDArray labels(DataType type) {
        INDArray labels = Nd4j.zeros(type, SAMPLES, CLASSES);
        for (int sample = 0; sample < SAMPLES; sample++) {
            labels.putScalar(sample, sample % CLASSES, 1);
        }
        return labels;
    }

    /** One class for each sample and step. */
    static INDArray labelsOfSeries(DataType type, RNNFormat format) {
        INDArray labels = Nd4j.zeros(type, SAMPLES, CLASSES, STEPS);
        for (int sample = 0; sample < SAMPLES; sample++) {
            for (int step = 0; step < STEPS; step++) {
                labels.putScalar(sample, (sample + step) % CLASSES, step, 1);
            }
        }
        return format == RNNFormat.NCW ? labels : labels.permute(0, 2, 1).dup('c');
    }

    static INDArray random(DataType type, long... shape) {
        Nd4j.getRandom().setSeed(11);
        return Nd4j.randn(DataType.DOUBLE, shape).castTo(type);
    }
}
