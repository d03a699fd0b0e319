package io.github.clnorm.bench.peers;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes a model of one node in the <a href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">protocol buffer
 * format of ONNX</a>: input "x", output "y", both float32, and constants. It supports only what this model needs. A
 * message is a sequence of numbered fields.
 */
final class OnnxModel {

    private static final int IR_VERSION = 10;
    private static final int OPSET = 21;
    private static final int FLOAT = 1;

    /** The fields of a message. */
    private static final class Message {
        private static final int VARINT = 0;
        private static final int LENGTH_DELIMITED = 2;
        private static final int FIXED32 = 5;

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                bytes.write((int) (rest & 0x7F | 0x80));
                rest >>>= 7;
            }
            bytes.write((int) rest);
        }

        private Message key(int field, int wireType) {
            varint((long) field << 3 | wireType);
            return this;
        }

        Message integer(int field, long value) {
            key(field, VARINT).varint(value);
            return this;
        }

        Message real(int field, float value) {
            key(field, FIXED32).bytes.writeBytes(littleEndian(value));
            return this;
        }

        Message raw(int field, byte[] value) {
            key(field, LENGTH_DELIMITED).varint(value.length);
            bytes.writeBytes(value);
            return this;
        }

        Message text(int field, String value) {
            return raw(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message value) {
            return raw(field, value.bytes.toByteArray());
        }
    }

    private final Message node = new Message();
    private final Message graph = new Message();

    OnnxModel(String operation, long[] shape, String... outputs) {
        node.text(4, operation).text(1, "x");
        graph.text(2, operation).message(11, described("x", shape)).message(12, described("y", shape));
        for (String output : outputs) {
            node.text(2, output);
        }
    }

    private static byte[] littleEndian(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return buffer.array();
    }

    /** A float32 tensor's name and dimensions. */
    private static Message described(String name, long[] shape) {
        Message dimensions = new Message();
        for (long dimension : shape) {
            dimensions.message(1, new Message().integer(1, dimension));
        }
        Message tensor = new Message().integer(1, FLOAT).message(2, dimensions);
        return new Message().text(1, name).message(2, new Message().message(1, tensor));
    }

    /** Adds an input that is a constant of one dimension. */
    OnnxModel constant(String name, float[] values) {
        node.text(1, name);
        graph.message(
                5,
                new Message()
                        .integer(1, values.length)
                        .integer(2, FLOAT)
                        .text(8, name)
                        .raw(9, littleEndian(values)));
        return this;
    }

    OnnxModel attribute(String name, float value) {
        node.message(5, new Message().text(1, name).real(2, value).integer(20, 1));
        return this;
    }

    OnnxModel attribute(String name, long value) {
        node.message(5, new Message().text(1, name).integer(3, value).integer(20, 2));
        return this;
    }

    byte[] bytes() {
        graph.message(1, node);
        return new Message()
                .integer(1, IR_VERSION)
                .message(7, graph)
                .message(8, new Message().text(1, "").integer(2, OPSET))
                .bytes
                .toByteArray();
    }
}
