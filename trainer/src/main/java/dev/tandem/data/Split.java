package dev.tandem.data;

/** Which part of a data set that comes divided. */
public enum Split {
    TRAIN,
    /** To choose by which weights are best. Only folders of photos have one: {@code val}, {@code valid} or {@code validation}. */
    VALIDATION,
    /** To measure on in the end. Of folders of photos that have no {@code test}, those to validate on. */
    TEST
}
