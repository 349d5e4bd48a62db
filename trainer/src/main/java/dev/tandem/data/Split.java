package dev.tandem.data;

/** Which part of a data set that comes divided. */
public enum Split {
    TRAIN,
    TEST
}
