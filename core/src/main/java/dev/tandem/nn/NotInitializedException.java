package dev.tandem.nn;

/**
 * A parameter was used that has no values. Why becomes clear further out: the modules that were being applied say who they are,
 * and the message names the one that the network does not know of.
 */
public final class NotInitializedException extends IllegalStateException {
    private final Parameter parameter;
    private String outermost; // of those that have no values
    private String user; // the initialised one around it

    NotInitializedException(Parameter parameter) {
        this.parameter = parameter;
    }

    /** This exception, once it has left a module's forward. */
    NotInitializedException in(Module module) {
        if (user == null && module.isInitialized()) {
            user = module.label();
        } else if (user == null) {
            outermost = module.toString();
        }
        return this;
    }

    @Override
    public String getMessage() {
        if (user == null) {
            return (outermost == null ? "" : outermost + ": ") + "parameter " + parameter.path()
                    + " has no values yet; call initialize(device, seed) on the whole network first";
        }
        return outermost == null
                ? user + ": parameter " + parameter + " has no values although the network is initialised: it is not"
                        + " registered any more; use the one that parameter(...) gave last under this name"
                : outermost + " is used by " + user + " but was not registered with child(...), so it has no values;"
                        + " register it in the constructor, before initialize";
    }
}
