package io.github.clnorm.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.type.Activation;
import java.io.File;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A saved model has the outputs of the one that was saved, bit for bit. */
class SavedModelTest {

    @TempDir
    Path folder;

    private static ClnormGroupNorm norm() {
        return new ClnormGroupNorm.Builder(2).activation(Activation.SILU).build();
    }

    @Test
    void aNetworkLoads() throws Exception {
        MultiLayerNetwork network = Networks.started(Networks.images(DataType.FLOAT, CNN2DFormat.NCHW, norm()));
        network.getParam("1_gamma").assign(Networks.random(DataType.FLOAT, Networks.CHANNELS));
        network.getParam("1_beta").assign(Networks.random(DataType.FLOAT, Networks.CHANNELS));
        INDArray input = Networks.images(DataType.FLOAT, CNN2DFormat.NCHW);
        File file = folder.resolve("network.zip").toFile();
        ModelSerializer.writeModel(network, file, true);
        MultiLayerNetwork loaded = ModelSerializer.restoreMultiLayerNetwork(file, true);
        assertEquals(network.getLayerWiseConfigurations(), loaded.getLayerWiseConfigurations());
        assertEquals(network.output(input), loaded.output(input));
    }

    @Test
    void aGraphLoads() throws Exception {
        ComputationGraph graph = new ComputationGraph(Networks.graph(DataType.FLOAT, norm()));
        graph.init();
        INDArray input = Networks.images(DataType.FLOAT, CNN2DFormat.NCHW);
        File file = folder.resolve("graph.zip").toFile();
        ModelSerializer.writeModel(graph, file, true);
        ComputationGraph loaded = ModelSerializer.restoreComputationGraph(file, true);
        assertEquals(graph.outputSingle(input), loaded.outputSingle(input));
    }
}
