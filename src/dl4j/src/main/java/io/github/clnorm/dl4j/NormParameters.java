package io.github.clnorm.dl4j;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The parameters of a normalization layer: gamma, 1 at first, and beta, 0 at first, each of shape {@code (C)}. As in
 * DL4J's batch normalization they are neither weights nor biases: weight noise, constraints of weights and the updater
 * of biases do not apply. Immutable and thread-safe.
 */
public final class NormParameters implements ParamInitializer {

    /** The name of gamma in a parameter table. */
    public static final String GAMMA = "gamma";
    /** The name of beta in a parameter table. */
    public static final String BETA = "beta";

    static final NormParameters INSTANCE = new NormParameters();

    private NormParameters() {}

    @Override
    public long numParams(NeuralNetConfiguration conf) {
        return numParams(conf.getLayer());
    }

    @Override
    public long numParams(Layer layer) {
        return paramKeys(layer).size() * ((ClnormLayer) layer).getNOut();
    }

    @Override
    public List<String> paramKeys(Layer layer) {
        return ((ClnormLayer) layer).parameters();
    }

    @Override
    public List<String> weightKeys(Layer layer) {
        return List.of();
    }

    @Override
    public List<String> biasKeys(Layer layer) {
        return List.of();
    }

    @Override
    public boolean isWeightParam(Layer layer, String key) {
        return false;
    }

    @Override
    public boolean isBiasParam(Layer layer, String key) {
        return false;
    }

    @Override
    public Map<String, INDArray> init(NeuralNetConfiguration conf, INDArray view, boolean initialize) {
        Map<String, INDArray> parameters = views(conf, view);
        parameters.forEach((name, values) -> {
            conf.addVariable(name);
            if (initialize) {
                values.assign(name.equals(GAMMA) ? 1 : 0);
            }
        });
        return parameters;
    }

    @Override
    public Map<String, INDArray> getGradientsFromFlattened(NeuralNetConfiguration conf, INDArray view) {
        return views(conf, view);
    }

    private static Map<String, INDArray> views(NeuralNetConfiguration conf, INDArray view) {
        ClnormLayer layer = (ClnormLayer) conf.getLayer();
        Map<String, INDArray> views = Collections.synchronizedMap(new LinkedHashMap<>());
        long at = 0;
        for (String name : layer.parameters()) {
            views.put(name, view.reshape(view.length()).get(NDArrayIndex.interval(at, at + layer.getNOut())));
            at += layer.getNOut();
        }
        return views;
    }
}
