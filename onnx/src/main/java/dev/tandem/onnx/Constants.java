package dev.tandem.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.tandem.io.HostTensor;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Tensors whose values lie in the file. */
final class Constants {
    /** The type of conditions, which tensors here do not have. */
    static final int BOOL = TensorProto.DataType.BOOL.getNumber();

    private Constants() {}

    static int type(DType dtype) {
        TensorProto.DataType type =
                switch (dtype) {
                    case FLOAT32 -> TensorProto.DataType.FLOAT;
                    case BFLOAT16 -> TensorProto.DataType.BFLOAT16;
                    case FLOAT16 -> TensorProto.DataType.FLOAT16;
                    case INT32 -> TensorProto.DataType.INT32;
                    case INT64 -> TensorProto.DataType.INT64;
                    case UINT8 -> TensorProto.DataType.UINT8;
                };
        return type.getNumber();
    }

    static TensorProto integers(long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return tensor(DType.INT64, Shape.of(values.length), ByteString.copyFrom(bytes));
    }

    /** Rank 0. */
    static TensorProto scalar(DType dtype, double value) {
        ByteBuffer bytes = ByteBuffer.allocate(dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        switch (dtype) {
            case FLOAT32 -> bytes.putFloat((float) value);
            case BFLOAT16 -> bytes.putShort((short) (Float.floatToIntBits((float) value) >>> 16));
            case FLOAT16 -> bytes.putShort(Float.floatToFloat16((float) value));
            case INT32 -> bytes.putInt((int) value);
            case INT64 -> bytes.putLong((long) value);
            case UINT8 -> bytes.put((byte) value);
        }
        return tensor(dtype, Shape.of(), ByteString.copyFrom(bytes.flip()));
    }

    /** A copy. */
    static TensorProto copyOf(DType dtype, Shape shape, MemorySegment data) {
        return tensor(dtype, shape, ByteString.copyFrom(data.toArray(ValueLayout.JAVA_BYTE)));
    }

    /** Shares the tensor's memory, since a network's weights should not lie there twice. */
    static TensorProto sharing(String name, HostTensor tensor) {
        ByteString bytes = UnsafeByteOperations.unsafeWrap(tensor.data().asByteBuffer());
        return tensor(tensor.dtype(), tensor.shape(), bytes).toBuilder()
                .setName(name)
                .build();
    }

    private static TensorProto tensor(DType dtype, Shape shape, ByteString bytes) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setDataType(type(dtype));
        for (long size : shape.toArray()) {
            tensor.addDims(size);
        }
        return tensor.setRawData(bytes).build();
    }
}
