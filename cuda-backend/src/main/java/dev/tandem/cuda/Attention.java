package dev.tandem.cuda;

import dev.tandem.backend.NeuralOps.AttentionGradient;
import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.Storage;

/** Scaled-dot-product attention as batched products and a softmax. Saves the probabilities. */
final class Attention {
    private final MatrixProduct product;
    private final Softmax softmax;

    Attention(MatrixProduct product, Softmax softmax) {
        this.product = product;
        this.softmax = softmax;
    }

    Result forward(Storage query, Storage key, Storage value, float scale) {
        CudaStorage scores = product.scaled(scale, (CudaStorage) query, (CudaStorage) key, false, true);
        CudaStorage probabilities = softmax.forward(scores, 3, false);
        scores.release();
        return new Result(product.scaled(1, probabilities, (CudaStorage) value, false, false), probabilities);
    }

    AttentionGradient backward(
            Storage gradient, Storage query, Storage key, Storage value, Storage saved, float scale) {
        CudaStorage slope = (CudaStorage) gradient;
        CudaStorage probabilities = (CudaStorage) saved;
        CudaStorage values = product.scaled(1, probabilities, slope, true, false);
        CudaStorage probabilityGradient = product.scaled(1, slope, (CudaStorage) value, false, true);
        CudaStorage scores = softmax.backward(probabilityGradient, probabilities, 3, false);
        probabilityGradient.release();
        CudaStorage queries = product.scaled(scale, scores, (CudaStorage) key, false, false);
        CudaStorage keys = product.scaled(scale, scores, (CudaStorage) query, true, false);
        scores.release();
        return new AttentionGradient(queries, keys, values);
    }
}
