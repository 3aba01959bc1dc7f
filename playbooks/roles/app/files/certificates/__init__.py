"""The city's electronic certificates: apply for one, get a receipt number, look the receipt up."""
