package io.github.clnorm.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.Backend;
import io.github.clnorm.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Arrays of ND4J in every order reach the device and come back. */
class ArrayMemoryTest {

    private static INDArray counted(DataType type, long... shape) {
        long count = Nd4j.create(shape).length();
        return Nd4j.linspace(1, count, count, DataType.DOUBLE).castTo(type).reshape('c', shape);
    }

    /** Views of a larger array whose logical values differ from the order in memory. */
    private static List<INDArray> arrays(DataType type) {
        INDArray whole = counted(type, 4, 3, 5, 2);
        return List.of(
                whole,
                whole.dup('f'),
                whole.permute(0, 2, 3, 1),
                whole.get(NDArrayIndex.interval(1, 3)),
                whole.get(NDArrayIndex.all(), NDArrayIndex.interval(1, 3)),
                whole.get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(0, 2, 5)),
                whole.get(NDArrayIndex.point(2)),
                counted(type, 120).get(NDArrayIndex.interval(7, 31)),
                counted(type, 3, 1).get(NDArrayIndex.interval(1, 3)));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE", "HALF"})
    void everyOrderReachesTheDevice(DataType type) {
        Backend backend = SharedBackends.on(null);
        for (INDArray array : arrays(type)) {
            try (Tensor tensor = backend.empty(ArrayMemory.type(type), array.shape())) {
                ArrayMemory.upload(array, tensor);
                double[] read = tensor.toDoubles();
                INDArray rows = array.dup('c').reshape('c', new long[] {array.length()});
                for (int i = 0; i < read.length; i++) {
                    assertEquals(rows.getDouble(i), read[i], array.shapeInfoToString());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE", "HALF"})
    void everyOrderIsFilledFromTheDevice(DataType type) {
        Backend backend = SharedBackends.on(null);
        for (INDArray array : arrays(type)) {
            INDArray expected = array.dup('c');
            try (Tensor tensor = backend.empty(ArrayMemory.type(type), array.shape())) {
                ArrayMemory.upload(array, tensor);
                array.assign(0);
                ArrayMemory.download(tensor, array);
            }
            assertEquals(expected, array.dup('c'), array.shapeInfoToString());
        }
    }

    @Test
    void aViewLeavesTheRestOfItsArrayAlone() {
        INDArray whole = counted(DataType.FLOAT, 10);
        try (Tensor tensor = SharedBackends.on(null).tensor(new float[] {-1, -2, -3}, 3)) {
            ArrayMemory.download(tensor, whole.get(NDArrayIndex.interval(4, 7)));
        }
        assertEquals(Nd4j.createFromArray(1f, 2, 3, 4, -1, -2, -3, 8, 9, 10), whole);
    }

    @Test
    void aDenseArrayIsNotCopied() {
        INDArray whole = counted(DataType.FLOAT, 4, 3, 5);
        INDArray samples = whole.get(NDArrayIndex.interval(1, 3));
        assertSame(whole, ArrayMemory.dense(whole));
        assertSame(samples, ArrayMemory.dense(samples));
        assertNotSame(whole, ArrayMemory.dense(whole.dup('f')));
    }

    @Test
    void integersAreRejected() {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> ArrayMemory.type(DataType.INT32));
        assertEquals("Expected an array of type FLOAT, DOUBLE or HALF, but got INT", e.getMessage());
    }
}
