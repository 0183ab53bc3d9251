#include <zmq.h>

// Released with libzmq 4.3 and honoured by its builds without drafts; their header leaves the name out.
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif
