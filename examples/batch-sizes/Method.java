import io.github.clnorm.Backend;
import io.github.clnorm.BatchNorm;
import io.github.clnorm.FrozenBatchNorm;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.InstanceNorm;
import io.github.clnorm.Layer;
import io.github.clnorm.type.Activation;

/** How a network normalizes: each makes a layer of clnorm with a ReLU in the same pass. */
enum Method {
    BATCH("BatchNorm", (backend, channels) -> BatchNorm.builder(backend, channels, 2)
            .activation(Activation.RELU)
            .build()),
    /** Trained with BatchNorm. Then its statistics are replaced by the averages over all training images. */
    REMEASURED("BatchNorm, statistics measured after training", (backend, channels) -> BatchNorm.builder(
                    backend, channels, 2)
            .cumulativeAverage()
            .activation(Activation.RELU)
            .build()),
    /** Begins with convolutions, statistics and parameters of a network that has learned other images. */
    FROZEN("FrozenBatchNorm", (backend, channels) -> FrozenBatchNorm.builder(backend, channels)
            .activation(Activation.RELU)
            .build()),
    /** Over channels and pixels of a sample, with a weight and a bias for each channel: the paper's LayerNorm. */
    LAYER("LayerNorm", (backend, channels) -> groups(backend, 1, channels)),
    GROUPS_2("GroupNorm, 2 groups", (backend, channels) -> groups(backend, 2, channels)),
    GROUP("GroupNorm", (backend, channels) -> groups(backend, 4, channels)),
    GROUPS_8("GroupNorm, 8 groups", (backend, channels) -> groups(backend, 8, channels)),
    GROUPS_16("GroupNorm, 16 groups", (backend, channels) -> groups(backend, 16, channels)),
    INSTANCE("InstanceNorm", (backend, channels) -> InstanceNorm.builder(backend, channels, 2)
            .affine(true)
            .activation(Activation.RELU)
            .build());

    private interface Maker {
        Layer layer(Backend backend, int channels);
    }

    private final String title;
    private final Maker maker;

    Method(String title, Maker maker) {
        this.title = title;
        this.maker = maker;
    }

    String title() {
        return title;
    }

    Layer layer(Backend backend, int channels) {
        return maker.layer(backend, channels);
    }

    private static Layer groups(Backend backend, int groups, int channels) {
        return GroupNorm.builder(backend, groups, channels)
                .activation(Activation.RELU)
                .build();
    }
}
