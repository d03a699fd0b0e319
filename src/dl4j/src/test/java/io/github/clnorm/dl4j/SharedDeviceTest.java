package io.github.clnorm.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** All networks of the process share a device, and give back what they take of its memory. */
class SharedDeviceTest {

    private static final int STEPS = 1000;

    private static MultiLayerNetwork network() {
        return Networks.started(
                Networks.images(DataType.FLOAT, CNN2DFormat.NCHW, new ClnormGroupNorm.Builder(2).build()));
    }

    @Test
    void selectorsOfOneDeviceShareItsBackend() {
        Backend backend = SharedBackends.on(null);
        assertSame(backend, SharedBackends.on(null));
        assertSame(backend, SharedBackends.on(backend.device().selector()));
    }

    @Test
    void trainingForAThousandStepsTakesTheMemoryOfOne() {
        MultiLayerNetwork network = network();
        INDArray input = Networks.images(DataType.FLOAT, CNN2DFormat.NCHW);
        INDArray labels = Networks.labels(DataType.FLOAT);
        Backend backend = SharedBackends.on(null);
        network.fit(input, labels);
        var first = backend.memory();
        for (int step = 0; step < STEPS; step++) {
            network.fit(input, labels);
        }
        var last = backend.memory();
        assertTrue(last.tensors() <= first.tensors(), first + " to " + last);
        // The garbage collector may move memory of other networks from one to the other.
        assertTrue(last.inUse() + last.pooled() <= first.inUse() + first.pooled(), first + " to " + last);
    }

    @Test
    @Timeout(60)
    void anUnreachableNetworkGivesItsMemoryBack() {
        Backend backend = SharedBackends.on(null);
        long before = backend.memory().tensors();
        // The input and the statistics of a training pass without a backward pass stay on the device.
        network().feedForward(Networks.images(DataType.FLOAT, CNN2DFormat.NCHW), true);
        while (backend.memory().tensors() > before) {
            System.gc();
            Thread.yield();
        }
    }

    @Test
    void clonesOfANetworkWorkOnThreadsOfTheirOwn() throws Exception {
        MultiLayerNetwork network = network();
        INDArray input = Networks.images(DataType.FLOAT, CNN2DFormat.NCHW);
        INDArray expected = network.output(input);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<INDArray>> outputs = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                MultiLayerNetwork clone = network.clone();
                outputs.add(threads.submit(() -> {
                    for (int step = 0; step < 10; step++) {
                        clone.output(input);
                    }
                    return clone.output(input).detach();
                }));
            }
            for (Future<INDArray> output : outputs) {
                assertEquals(expected, output.get());
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void aClonedLayerHasItsOwnParameters() {
        MultiLayerNetwork network = network();
        INDArray input = Networks.images(DataType.FLOAT, CNN2DFormat.NCHW);
        INDArray expected = network.output(input).dup();
        MultiLayerNetwork clone = network.clone();
        clone.getParam("1_gamma").muli(3);
        assertNotEquals(expected, clone.output(input));
        assertEquals(expected, network.output(input));
        Layer layer = ((NormLayer) network.getLayer(1)).clone();
        layer.getParam("gamma").muli(3);
        assertEquals(clone.getParam("1_gamma"), layer.getParam("gamma"));
        assertNotEquals(network.getParam("1_gamma"), layer.getParam("gamma"));
    }
}
