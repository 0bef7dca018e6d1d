/* payload-true.c - what is run in a container to see how long one takes */
int main(void)
{
	return 0;
}
