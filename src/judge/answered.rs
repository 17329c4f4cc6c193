//! Which answers may be judged, and when the application answered.
