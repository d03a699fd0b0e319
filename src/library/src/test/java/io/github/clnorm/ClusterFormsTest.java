package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.runtime.KernelSource;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.Test;

/** What programs on several machines need: what travels, what does not, and checks without a device. */
class ClusterFormsTest {
    private static byte[] serialized(Object value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        return bytes.toByteArray();
    }

    private static String rejection(Object value) {
        return assertThrows(NotSerializableException.class, () -> serialized(value))
                .getMessage();
    }

    @Test
    void whatBelongsToADeviceSaysWhatToSendInstead() {
        try (Backend backend = Backend.open();
                Layer group = GroupNorm.of(backend, 2, 4);
                Layer batch = NormSpec.batchNorm(4).on(backend);
                Tensor x = backend.tensor(new float[4], 4)) {
            assertTrue(rejection(group).startsWith("the layer GroupNorm(2, 4"), rejection(group));
            assertTrue(rejection(batch).contains("Send its NormSpec"), rejection(batch));
            assertTrue(rejection(backend).contains("Send a NormSpec"), rejection(backend));
            assertTrue(rejection(x).contains("Send its values"), rejection(x));
        }
    }

    @Test
    void aFingerprintTravels() throws Exception {
        try (Backend backend = Backend.open();
                Backend other = Backend.open()) {
            Fingerprint fingerprint = backend.fingerprint();
            assertEquals(fingerprint, other.fingerprint());
            assertEquals(backend.device().name(), fingerprint.device());
            assertEquals(KernelSource.hash(), fingerprint.kernels());
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(serialized(fingerprint)))) {
                assertEquals(fingerprint, in.readObject());
            }
            assertEquals(backend.device().description() + ", kernels " + KernelSource.hash(), fingerprint.toString());
        }
    }

    private static void rejected(String message, NormSpec spec, long... shape) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> spec.requireFits(ElementType.FLOAT32, shape))
                        .getMessage());
    }

    @Test
    void aShapeIsCheckedWithoutADevice() {
        NormSpec.groupNorm(2, 4).weight(new float[4]).requireFits(ElementType.FLOAT32, 3, 4, 5);
        NormSpec.layerNorm(4, 5).requireFits(ElementType.FLOAT16, 3, 4, 5);
        NormSpec.groupNorm(2, 4).layout(Layout.CHANNELS_LAST).requireFits(ElementType.FLOAT32, 3, 5, 4);
        rejected("Expected input with 4 channels, but got input of shape [3, 6, 5]", NormSpec.groupNorm(2, 4), 3, 6, 5);
        assertThrows(
                IllegalArgumentException.class, () -> NormSpec.layerNorm(4).requireFits(ElementType.FLOAT32, 3, 4, 5));
        NormSpec any = NormSpec.Kind.GROUP_NORM.spec(new NormSpec.Arguments(2, null, Layout.CHANNELS_FIRST, true, 0.1));
        assertThrows(IllegalStateException.class, () -> any.requireFits(ElementType.FLOAT32, 3, 4, 5));
    }

    @Test
    void onlyStatisticsOfABatchTieSamplesTogether() {
        assertTrue(NormSpec.groupNorm(2, 4).samplesAreIndependent());
        assertTrue(NormSpec.instanceNorm(4).samplesAreIndependent());
        assertTrue(NormSpec.layerNorm(4).samplesAreIndependent());
        assertTrue(NormSpec.batchNorm(4).training(false).samplesAreIndependent());
        assertFalse(NormSpec.batchNorm(4).samplesAreIndependent());
        assertFalse(
                NormSpec.batchNorm(4).training(false).trackRunningStats(false).samplesAreIndependent());
    }
}
